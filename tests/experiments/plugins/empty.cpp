// A plugin that registers nothing.
extern "C" int orrery_test_nothing() { return 0; }
