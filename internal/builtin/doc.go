// Package builtin holds the services that Viaduct brings along for trying out
// and testing a configuration: echo, calculator, rounding-calculator (whose results
// have one decimal) and sink.
//
// They are ordinary handlers. A service element of a WCF file is bound to one
// of them in the settings (services: builtin). They speak every version that a
// listener speaks and know no contract but the names of their operations.
package builtin
