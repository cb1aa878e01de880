// Package source names places in the files that Viaduct was configured from.
//
// A Pos is carried by every value read from a WCF configuration file or from
// viaduct.yaml, and by the live objects built from them, so that an error, a
// verdict of check or a decision shown by explain can say which line made it.
//
// The package reads nothing: whoever parses a file fills the positions.
package source
