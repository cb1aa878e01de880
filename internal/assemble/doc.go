// Package assemble turns a configuration into live objects. It is the only
// place that knows all of them: which transport a scheme means, which filter a
// filterType means, which program stands for a service name.
//
// [Build] opens no socket. A setting of the WCF file is honoured because a
// constructor here consumed it; what nobody consumed, and no row of the schema
// explains, stops the start. [Program.Run] opens the sockets and serves.
//
// The package has no behaviour of its own.
package assemble
