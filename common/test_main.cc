// main() of every CppUnit suite: runs the registered tests, one line each.
// Arguments name the tests to run ("Suite::test", or a part of it); without
// any, and without Bazel's --test_filter, all are run.
#include <cppunit/BriefTestProgressListener.h>
#include <cppunit/CompilerOutputter.h>
#include <cppunit/Test.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/extensions/TestFactoryRegistry.h>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

std::vector<std::string> wanted(int argc, char** argv) {
  std::vector<std::string> parts(argv + 1, argv + argc);
  const char* filter = std::getenv("TESTBRIDGE_TEST_ONLY");
  if (parts.empty() && filter != nullptr) parts.push_back(filter);
  if (parts.empty()) parts.push_back("");
  return parts;
}

// Runs the single tests below `test` whose names contain one of `parts`;
// returns how many.
int run(CppUnit::Test* test,
        const std::vector<std::string>& parts,
        CppUnit::TestResult& result) {
  int tests = 0;
  if (test->getChildTestCount() == 0) {
    for (const std::string& part : parts) {
      if (test->getName().find(part) == std::string::npos) continue;
      test->run(&result);
      return 1;
    }
    return 0;
  }
  for (int i = 0; i < test->getChildTestCount(); ++i) {
    tests += run(test->getChildTestAt(i), parts, result);
  }
  return tests;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  CppUnit::TestResult result;
  CppUnit::TestResultCollector collector;
  CppUnit::BriefTestProgressListener progress;
  result.addListener(&collector);
  result.addListener(&progress);
  CppUnit::Test* all = CppUnit::TestFactoryRegistry::getRegistry().makeTest();
  const int tests = run(all, wanted(argc, argv), result);
  CppUnit::CompilerOutputter(&collector, std::cerr).write();
  delete all;  // not earlier: a failure knows its test
  if (tests == 0) {
    std::fprintf(stderr, "error: no test has such a name\n");
    return 1;
  }
  return collector.wasSuccessful() ? 0 : 1;
}
