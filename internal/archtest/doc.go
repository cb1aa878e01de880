// Package archtest holds the project to its own plan: which package may import
// which (docs/architecture.md), that each package says what it is and each
// public one shows how it is used, how long files and functions may grow, and
// that links in the documents lead somewhere.
//
// It contains nothing but tests. They read the sources themselves rather than
// ask the go command, so that the test cache sees every file that they judge.
package archtest
