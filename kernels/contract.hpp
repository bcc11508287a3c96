// Contracts and the one grammar of error messages.
//
// Three kinds of wrong, three mechanisms:
//   EXPECT / ENSURE   our own bug: a precondition or postcondition that a caller inside Orrery broke. Throws
//                     ContractError with the expression and its place. Compiled out only if ORRERY_NO_CONTRACTS is set.
//   VALIDATE          the user's input: throws InputError. Always on; the program turns it into exit code 2.
//   RunError          a run that cannot go on although its input was well formed: a failed row with its reason.
//
// An InputError reads `place: problem (why). suggestion`; place is `file:line:col`, a file name, or empty.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace orrery {

class ContractError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Builds "place: problem (why). suggestion", leaving out the parts that are empty.
std::string input_message(std::string_view place, std::string_view problem, std::string_view why,
                          std::string_view suggestion = {});

[[noreturn]] void fail_contract(const char* kind, const char* expression, const char* file, int line);
[[noreturn]] void fail_input(std::string_view place, std::string_view problem, std::string_view why,
                             std::string_view suggestion = {});

}  // namespace orrery

#ifdef ORRERY_NO_CONTRACTS
#define EXPECT(condition) static_cast<void>(sizeof(condition))
#define ENSURE(condition) static_cast<void>(sizeof(condition))
#else
#define EXPECT(condition) \
  ((condition) ? static_cast<void>(0) : ::orrery::fail_contract("precondition", #condition, __FILE__, __LINE__))
#define ENSURE(condition) \
  ((condition) ? static_cast<void>(0) : ::orrery::fail_contract("postcondition", #condition, __FILE__, __LINE__))
#endif
// The message parts are evaluated only when the condition fails.
#define VALIDATE(condition, ...) ((condition) ? static_cast<void>(0) : ::orrery::fail_input(__VA_ARGS__))
