#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

#include "kernels/model/gguf.hpp"

namespace orrery::kernels::model {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read as they lie in memory");

constexpr std::size_t longest_name = 64, most_dimensions = 4;  // the format's own limits for tensors
constexpr std::uint64_t least_key_bytes = 8 + 4 + 1, least_tensor_bytes = 8 + 4 + 8 + 4 + 8;

std::string at_byte(std::size_t offset) { return " at byte " + std::to_string(offset); }

// Walks the header; every step is checked against the end of the file.
class Cursor {
 public:
  Cursor(const std::string& place, std::string_view bytes) : place_(place), bytes_(bytes) {}

  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

  std::string_view take(std::uint64_t count, const std::string& what) {
    VALIDATE(count <= left(), place_, what + at_byte(at_) + " claims " + std::to_string(count) + " bytes",
             std::to_string(left()) + " are left in the file", "The file is truncated or damaged.");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  template <class T>
  T number(const std::string& what) {
    T value{};
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  std::string_view text(const std::string& what) { return take(number<std::uint64_t>(what), what); }

 private:
  const std::string& place_;
  std::string_view bytes_;
  std::size_t at_ = 0;
};

// Bytes of a value of fixed size; 0 for strings and arrays.
std::size_t width(GgufType type) {
  constexpr std::size_t widths[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return widths[static_cast<std::size_t>(type)];
}

// Names come from the file: what cannot be printed becomes '?', and no more than a line of it is shown.
std::string printable(std::string_view name) {
  std::string out(name.substr(0, 80));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, '?');
  return out;
}

GgufType read_type(Cursor& cursor, const std::string& place, const std::string& what) {
  const std::size_t offset = cursor.at();
  const auto type = cursor.number<std::uint32_t>(what);
  VALIDATE(type <= static_cast<std::uint32_t>(GgufType::f64), place,
           what + at_byte(offset) + " has type " + std::to_string(type), "types go from 0 to 12",
           "The file is damaged or newer than version 3.");
  return static_cast<GgufType>(type);
}

GgufValue read_value(Cursor& cursor, const std::string& place, const std::string& what) {
  GgufValue value;
  value.type = read_type(cursor, place, what);
  if (value.type == GgufType::array) {
    value.is_array = true;
    value.type = read_type(cursor, place, what);
    VALIDATE(value.type != GgufType::array, place, what + at_byte(cursor.at()) + " is an array of arrays",
             "no key of a language model is one");
    value.count = cursor.number<std::uint64_t>(what);
  }
  value.offset = cursor.at();
  const std::size_t size = width(value.type), least = size == 0 ? 8 : size;
  VALIDATE(value.count <= cursor.left() / least, place,
           what + at_byte(value.offset) + " claims " + std::to_string(value.count) + " values",
           std::to_string(cursor.left()) + " bytes are left in the file", "The file is truncated or damaged.");
  if (size != 0) {
    value.bytes = cursor.take(value.count * size, what);
    return value;
  }
  const std::size_t begin = cursor.at();
  std::string_view first{};
  for (std::uint64_t i = 0; i < value.count; ++i) {
    const std::string_view text = cursor.text(what);
    if (i == 0) first = text;
  }
  // The strings lie one behind the other, each after its length.
  if (value.count > 0) value.bytes = {first.data() - 8, cursor.at() - begin};
  return value;
}

void read_values(GgufFile& file, Cursor& cursor, std::uint64_t count) {
  VALIDATE(count <= cursor.left() / least_key_bytes, file.place, "its header claims " + std::to_string(count) + " keys",
           std::to_string(cursor.left()) + " bytes follow it", "The file is truncated or is not a GGUF file.");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t offset = cursor.at();
    const std::string key(cursor.text("key " + std::to_string(i)));
    const std::string what = "key '" + printable(key) + "'";
    const bool added = file.values.emplace(key, read_value(cursor, file.place, what)).second;
    VALIDATE(added, file.place, what + at_byte(offset) + " is there twice", "it is not clear which one counts");
  }
}

Dtype read_dtype(Cursor& cursor, const std::string& place, const std::string& what) {
  const std::size_t offset = cursor.at();
  const auto type = cursor.number<std::uint32_t>(what);
  switch (type) {
    case 0:
      return Dtype::f32;
    case 1:
      return Dtype::f16;
    case 2:
      return Dtype::q4_0;
    case 8:
      return Dtype::q8_0;
    case 30:
      return Dtype::bf16;
  }
  constexpr const char* others[] = {"", "",     "",     "Q4_1", "",     "",     "Q5_0", "Q5_1",
                                    "", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K"};
  const std::string known = type < std::size(others) ? others[type] : "";
  fail_input(place, what + at_byte(offset) + " has type " + std::to_string(type) + (known.empty() ? "" : ", " + known),
             "it is not one that can be read", "Known: F32, F16, BF16, Q8_0, Q4_0.");
}

// One entry of the tensor list; its offset still counts from the start of the data.
void read_tensor(GgufFile& file, Cursor& cursor, std::uint64_t index) {
  const std::size_t entry = cursor.at();
  const std::string name(cursor.text("the name of tensor " + std::to_string(index)));
  const std::string what = "tensor '" + printable(name) + "'";
  VALIDATE(
      !name.empty() && name.size() <= longest_name, file.place,
      "the name of tensor " + std::to_string(index) + at_byte(entry) + " has " + std::to_string(name.size()) + " bytes",
      "1 to 64 were expected");
  const auto dimensions = cursor.number<std::uint32_t>(what);
  VALIDATE(dimensions >= 1 && dimensions <= most_dimensions, file.place,
           what + at_byte(entry) + " has " + std::to_string(dimensions) + " dimensions", "1 to 4 were expected");
  Tensor tensor;
  std::uint64_t values = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto size = cursor.number<std::uint64_t>(what);
    VALIDATE(size >= 1 && size <= INT_MAX, file.place,
             what + at_byte(entry) + " has a dimension of " + std::to_string(size), "1 to 2147483647 were expected");
    VALIDATE(!__builtin_mul_overflow(values, size, &values), file.place, what + at_byte(entry) + " is too large",
             "its size does not fit in 64 bits");
    tensor.shape.insert(tensor.shape.begin(), static_cast<long long>(size));
  }
  tensor.dtype = read_dtype(cursor, file.place, what);
  const Block block = block_of(tensor.dtype);
  VALIDATE(tensor.shape.back() % block.values == 0, file.place,
           what + at_byte(entry) + " has rows of " + std::to_string(tensor.shape.back()),
           std::string(model::name(tensor.dtype)) + " stores " + std::to_string(block.values) + " values together");
  std::uint64_t bytes = 0;
  VALIDATE(!__builtin_mul_overflow(values / static_cast<std::uint64_t>(block.values),
                                   static_cast<std::uint64_t>(block.bytes), &bytes),
           file.place, what + at_byte(entry) + " is too large", "its size does not fit in 64 bits");
  tensor.bytes = bytes;
  tensor.offset = cursor.number<std::uint64_t>(what);
  VALIDATE(file.tensors.tensors.emplace(name, tensor).second, file.place, what + at_byte(entry) + " is named twice",
           "it is not clear which one counts");
}

std::size_t alignment_of(const GgufFile& file) {
  const std::int64_t alignment = file.integer("general.alignment").value_or(32);
  VALIDATE(alignment >= 8 && alignment <= 1 << 20 && std::has_single_bit(static_cast<std::uint64_t>(alignment)),
           file.place, "general.alignment is " + std::to_string(alignment),
           "a power of two from 8 to 1048576 was expected");
  return static_cast<std::size_t>(alignment);
}

// Every tensor starts at the first aligned byte after the one before it, and lies in the file.
void place_tensors(GgufFile& file, std::size_t header_end) {
  const std::size_t alignment = alignment_of(file), size = file.tensors.files[0].bytes.size();
  const auto align = [alignment](std::size_t n) { return (n + alignment - 1) / alignment * alignment; };
  const std::size_t data_start = align(header_end);
  std::vector<std::pair<const std::string*, Tensor*>> order;
  for (auto& [name, tensor] : file.tensors.tensors) order.emplace_back(&name, &tensor);
  std::sort(order.begin(), order.end(),
            [](const auto& a, const auto& b) { return a.second->offset < b.second->offset; });
  std::size_t next = data_start, end = data_start;
  for (const auto& [name, tensor] : order) {
    const std::string what = "tensor '" + printable(*name) + "'";
    VALIDATE(data_start <= size && tensor->offset <= size - data_start &&
                 tensor->bytes <= size - data_start - tensor->offset,
             file.place,
             what + " lies at data byte " + std::to_string(tensor->offset) + " with " + std::to_string(tensor->bytes) +
                 " bytes",
             "the file has " + std::to_string(size) + " bytes and its data start at byte " + std::to_string(data_start),
             "The file is truncated or its header is damaged.");
    tensor->offset += data_start;
    VALIDATE(tensor->offset >= end, file.place, what + at_byte(tensor->offset) + " overlaps the tensor before it",
             "that one ends at byte " + std::to_string(end));
    VALIDATE(tensor->offset == next, file.place, what + at_byte(tensor->offset) + " is not where it should be",
             "the first byte after the tensor before it that is a multiple of " + std::to_string(alignment) + " is " +
                 std::to_string(next));
    end = tensor->offset + tensor->bytes;
    next = align(end);
  }
  VALIDATE(size <= std::max(next, data_start), file.place, "the file goes on after its last tensor",
           "the tensors end at byte " + std::to_string(end) + " of " + std::to_string(size));
}

}  // namespace

GgufFile parse_gguf_file(std::string place, std::string_view bytes) {
  GgufFile file;
  file.place = place;
  file.tensors.files.push_back({std::move(place), bytes, nullptr});
  Cursor cursor(file.place, bytes);
  VALIDATE(bytes.size() >= 24 && bytes.starts_with("GGUF"), file.place, "is not a GGUF file",
           "it has " + std::to_string(bytes.size()) + " bytes and does not begin with GGUF and a header");
  cursor.take(4, "the header");
  file.version = cursor.number<std::uint32_t>("the header");
  VALIDATE((file.version & 0xFFFFU) != 0, file.place, "is a big-endian GGUF file", "only little-endian ones are read",
           "Convert it with gguf_convert_endian.py of llama.cpp.");
  VALIDATE(file.version == 2 || file.version == 3, file.place, "is GGUF version " + std::to_string(file.version),
           "versions 2 and 3 are read", "Convert the model again.");
  const auto tensors = cursor.number<std::uint64_t>("the header");
  read_values(file, cursor, cursor.number<std::uint64_t>("the header"));
  VALIDATE(tensors <= cursor.left() / least_tensor_bytes, file.place,
           "its header claims " + std::to_string(tensors) + " tensors",
           std::to_string(cursor.left()) + " bytes follow its keys", "The file is truncated or damaged.");
  for (std::uint64_t i = 0; i < tensors; ++i) read_tensor(file, cursor, i);
  place_tensors(file, cursor.at());
  return file;
}

}  // namespace orrery::kernels::model
