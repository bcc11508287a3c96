#include "experiments/bench_peers.hpp"

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#endif

#if defined(DNNL_VERSION_MAJOR) && DNNL_VERSION_MAJOR == 2

#include <stdexcept>
#include <vector>

#include <dlfcn.h>
#include <omp.h>

namespace orrery::experiments {
namespace {

// The library's functions, found by name, so that the program does not need it.
struct Library {
  void* handle = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);

  template <class Function>
  Function* find(Function* /*for its type*/, const char* name) const {
    void* symbol = dlsym(handle, name);
    if (symbol == nullptr) throw std::runtime_error(std::string("libdnnl.so.2 lacks ") + name);
    return reinterpret_cast<Function*>(symbol);
  }
};
#define DNNL_CALL(name, ...) check(library_.find(static_cast<decltype(&name)>(nullptr), #name)(__VA_ARGS__), #name)

void check(dnnl_status_t status, const char* what) {
  if (status != dnnl_success) throw std::runtime_error(std::string(what) + " gave status " + std::to_string(status));
}

// Objects of the library live as long as the program: a benchmark makes few.
class Product final : public OneDnnProduct {
 public:
  struct Operand {
    dnnl_data_type_t type;
    const void* data;
  };

  Product(int m, int k, int n, Operand x, Operand w, float* y, const float* scales) {
    omp_set_num_threads(1);
    DNNL_CALL(dnnl_engine_create, &engine_, dnnl_cpu, 0);
    DNNL_CALL(dnnl_stream_create, &stream_, engine_, dnnl_stream_default_flags);
    const dnnl_memory_desc_t x_form = form(m, k, x.type, dnnl_ab), y_form = form(m, n, dnnl_f32, dnnl_ab);
    const dnnl_memory_desc_t w_any = form(k, n, w.type, dnnl_format_tag_any), w_given = form(k, n, w.type, dnnl_ba);
    dnnl_matmul_desc_t operation;
    DNNL_CALL(dnnl_matmul_desc_init, &operation, &x_form, &w_any, nullptr, &y_form);
    dnnl_primitive_attr_t attributes = nullptr;
    DNNL_CALL(dnnl_primitive_attr_create, &attributes);
    if (scales != nullptr) DNNL_CALL(dnnl_primitive_attr_set_output_scales, attributes, n, 1 << 1, scales);
    dnnl_primitive_desc_t chosen = nullptr;
    DNNL_CALL(dnnl_primitive_desc_create, &chosen, &operation, attributes, engine_, nullptr);
    DNNL_CALL(dnnl_primitive_create, &multiply_, chosen);
    const auto query =
        library_.find(static_cast<decltype(&dnnl_primitive_desc_query_md)>(nullptr), "dnnl_primitive_desc_query_md");
    const dnnl_memory_desc_t* w_packed = query(chosen, dnnl_query_weights_md, 0);
    const dnnl_memory_t packed = memory(*w_packed, DNNL_MEMORY_ALLOCATE);
    reorder(w_given, memory(w_given, const_cast<void*>(w.data)), *w_packed, packed);
    arguments_ = {{DNNL_ARG_SRC, memory(x_form, const_cast<void*>(x.data))},
                  {DNNL_ARG_WEIGHTS, packed},
                  {DNNL_ARG_DST, memory(y_form, y)}};
  }

  void run() override { execute(multiply_, arguments_); }

 private:
  dnnl_memory_desc_t form(int rows, int cols, dnnl_data_type_t type, dnnl_format_tag_t tag) const {
    const dnnl_dims_t size = {rows, cols};
    dnnl_memory_desc_t out;
    DNNL_CALL(dnnl_memory_desc_init_by_tag, &out, 2, size, type, tag);
    return out;
  }
  dnnl_memory_t memory(const dnnl_memory_desc_t& form, void* data) const {
    dnnl_memory_t out = nullptr;
    DNNL_CALL(dnnl_memory_create, &out, &form, engine_, data);
    return out;
  }
  void reorder(const dnnl_memory_desc_t& from_form, dnnl_memory_t from, const dnnl_memory_desc_t& to_form,
               dnnl_memory_t to) const {
    dnnl_primitive_desc_t how = nullptr;
    DNNL_CALL(dnnl_reorder_primitive_desc_create, &how, &from_form, engine_, &to_form, engine_, nullptr);
    dnnl_primitive_t primitive = nullptr;
    DNNL_CALL(dnnl_primitive_create, &primitive, how);
    execute(primitive, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  }
  void execute(dnnl_primitive_t primitive, const std::vector<dnnl_exec_arg_t>& arguments) const {
    DNNL_CALL(dnnl_primitive_execute, primitive, stream_, static_cast<int>(arguments.size()), arguments.data());
    DNNL_CALL(dnnl_stream_wait, stream_);
  }

  Library library_;
  dnnl_engine_t engine_ = nullptr;
  dnnl_stream_t stream_ = nullptr;
  dnnl_primitive_t multiply_ = nullptr;
  std::vector<dnnl_exec_arg_t> arguments_;
};

std::unique_ptr<OneDnnProduct> make(int m, int k, int n, Product::Operand x, Product::Operand w, float* y,
                                    const float* scales, std::string& why) {
  if (Library().handle == nullptr) return why = "no libdnnl.so.2 (Debian: libdnnl2)", nullptr;
  try {
    return std::make_unique<Product>(m, k, n, x, w, y, scales);
  } catch (const std::runtime_error& error) {
    return why = error.what(), nullptr;
  }
}

}  // namespace

std::unique_ptr<OneDnnProduct> OneDnnProduct::fp32(kernels::ConstMatrixView x, kernels::ConstMatrixView w,
                                                   kernels::MatrixView y, std::string& why) {
  EXPECT(x.stride == x.cols && w.stride == w.cols && y.stride == y.cols);
  return make(x.rows, x.cols, w.rows, {dnnl_f32, x.data}, {dnnl_f32, w.data}, y.data, nullptr, why);
}

std::unique_ptr<OneDnnProduct> OneDnnProduct::u8s8(int m, int k, int n, const std::uint8_t* x, const std::int8_t* w,
                                                   const float* scales, float* y, std::string& why) {
  return make(m, k, n, {dnnl_u8, x}, {dnnl_s8, w}, y, scales, why);
}

}  // namespace orrery::experiments

#else

namespace orrery::experiments {

namespace {
constexpr const char* not_built = "built without the headers of oneDNN 2 (Debian: libdnnl-dev)";
}

std::unique_ptr<OneDnnProduct> OneDnnProduct::fp32(kernels::ConstMatrixView, kernels::ConstMatrixView,
                                                   kernels::MatrixView, std::string& why) {
  return why = not_built, nullptr;
}

std::unique_ptr<OneDnnProduct> OneDnnProduct::u8s8(int, int, int, const std::uint8_t*, const std::int8_t*, const float*,
                                                   float*, std::string& why) {
  return why = not_built, nullptr;
}

}  // namespace orrery::experiments

#endif
