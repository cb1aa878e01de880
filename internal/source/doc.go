// Package source names places in the files that Viaduct was configured from.
//
// A Pos is carried by every value read from a WCF configuration file or from
// viaduct.yaml, and by the live objects built from them, so that an error, a
// verdict of check or a decision shown by explain can say which line made it.
//
// Nearest finds the word that a misspelled one was probably meant to be: errors
// that carry a Pos also say what to write there.
//
// The package reads nothing: whoever parses a file fills the positions.
package source
