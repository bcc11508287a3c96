// Calls a function that the program does not have.
namespace orrery::tests {
int no_such_function(int x);
}

extern "C" int orrery_test_unknown() { return orrery::tests::no_such_function(1); }
