// How the suites of the core make nodes without knowing a stage's Config. In
// each of their clusters node 1 leads, in a term that they choose: it is fixed
// so, or it has won an election. Both headers offer the same names.
#pragma once

#ifdef RAFT_HAS_ELECTIONS
#include "tests/nodes_elected.h"
#else
#include "tests/nodes_fixed.h"
#endif
