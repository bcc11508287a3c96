#include "kernels/contract.hpp"

namespace orrery {

std::string input_message(std::string_view place, std::string_view problem, std::string_view why,
                          std::string_view suggestion) {
  std::string text;
  if (!place.empty()) text.append(place).append(": ");
  text.append(problem);
  if (!why.empty()) text.append(" (").append(why).append(")");
  text.append(".");
  if (!suggestion.empty()) text.append(" ").append(suggestion);
  return text;
}

void fail_contract(const char* kind, const char* expression, const char* file, int line) {
  throw ContractError(std::string(file) + ":" + std::to_string(line) + ": " + kind + " broken: " + expression);
}

void fail_input(std::string_view place, std::string_view problem, std::string_view why, std::string_view suggestion) {
  throw InputError(input_message(place, problem, why, suggestion));
}

}  // namespace orrery
