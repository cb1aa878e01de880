// Package report prints what Viaduct makes of a configuration: as text for
// people, as JSON for programs, and as SARIF 2.1.0 (OASIS) for code review.
//
// It decides nothing: a report comes from assemble.Check, which is the builder
// run without sockets. Text says first what runs, what needs a decision and what
// cannot run, then gives the findings by position, each with the lines of
// viaduct.yaml that would resolve it.
package report
