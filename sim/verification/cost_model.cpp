#include "sim/verification/cost_model.hpp"

namespace orrery::sim::verification {

const CryptoFigure& figure_named(const std::vector<CryptoFigure>& figures, const std::string& name) {
  for (const CryptoFigure& f : figures) {
    if (name == f.system) return f;
  }
  fail_contract("precondition", "a system whose figures are known", __FILE__, __LINE__);
}

double scale(const CryptoFigure& figure, const Shape& shape) {
  return shape.parameters * static_cast<double>(shape.rows) / (figure.parameters * figure.positions);
}

}  // namespace orrery::sim::verification
