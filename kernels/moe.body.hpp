// See moe.hpp for the contract and foreach_isa.hpp for how this file is compiled.

// y = the chain of fma(weight[j], row place[j] of results, y) over j < active, from +0.
ORRERY_TARGET void combine_row(const float* results, std::ptrdiff_t stride, const int* place, const float* weight,
                               int active, float* y, int n) {
  for (int i = 0; i < n; i += vec_lanes) {
    const int left = n - i;
    Vec sum = set(0.0F);
    for (int j = 0; j < active; ++j) {
      const float* from = results + place[j] * stride + i;
      sum = fma(set(weight[j]), left >= vec_lanes ? load(from) : load_n(from, left), sum);
    }
    if (left >= vec_lanes)
      store(sum, y + i);
    else
      store_n(sum, y + i, left);
  }
}
