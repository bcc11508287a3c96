#include "kernels/model/writers.hpp"

namespace orrery::kernels::model {

Planned plan(const Source& source, std::vector<std::string> parts, Dtype dtype) {
  const Tensor& first = source.tensors.at(parts[0]);
  Planned out{std::move(parts), dtype, first.shape, 0};
  const Block block = block_of(dtype);
  VALIDATE(first.cols() % block.values == 0, source.tensors.place_of(first),
           "tensor '" + out.parts[0] + "' has rows of " + std::to_string(first.cols()),
           std::string(name(dtype)) + " stores " + std::to_string(block.values) + " values together",
           "Choose another dtype.");
  const auto rows = static_cast<std::size_t>(first.rows()) * out.parts.size();
  out.bytes = rows * row_bytes(dtype, static_cast<std::size_t>(first.cols()));
  if (out.parts.size() > 1) out.shape.insert(out.shape.begin(), static_cast<long long>(out.parts.size()));
  return out;
}

void write_rows(const Source& source, const Planned& planned, RopeLayout layout, const Sink& sink) {
  for (const std::string& part : planned.parts) {
    const Tensor& tensor = source.tensors.at(part);
    source.tensors.check_finite(part);
    // Rows come from the table as the source computes with them.
    HeadOrder order = tensor.order;
    order.stored = source.config.rope;
    order.wanted = layout;
    Matrix wide(1, tensor.cols());
    std::string bytes;
    for (int r = 0; r < tensor.rows(); ++r) {
      const std::string_view stored = source.tensors.row(tensor, order.stored_row(r));
      if (tensor.dtype == planned.dtype) {
        bytes += stored;
      } else {
        decode_row(tensor.dtype, stored, wide.span());
        encode_row(planned.dtype, wide.span(), bytes);
      }
      if (bytes.size() < 1U << 20U && r + 1 < tensor.rows()) continue;
      VALIDATE(first_bad(planned.dtype, bytes) == std::string::npos, source.tensors.place_of(tensor),
               "tensor '" + part + "' holds a number beyond " + name(planned.dtype), "it would become infinite",
               "Choose another dtype.");
      sink(bytes);
      bytes.clear();
    }
  }
}

}  // namespace orrery::kernels::model
