// Package spectest drives the built program with a sample of the given/then rows
// of sections 1 to 8 of the dispatch document: real octets into real sockets, and
// the octets that scripted back ends receive. It holds tests only; nothing imports
// it. Every row of those sections is a row of the package that does the work; here
// it is shown that the parts are joined.
package spectest
