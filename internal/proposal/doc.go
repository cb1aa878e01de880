// Package proposal writes the settings file that "viaduct init" proposes for a
// WCF configuration.
//
// It asks the report of assemble.Check what keeps the configuration from
// running, answers each finding with the most careful setting that lets the rest
// run, and asks again until nothing new turns up. Every answer is a decision of
// the operator's that the file names with its place and its reason:
//
//   - a service for which nothing stands goes to the client endpoint of the same
//     contract, to the URL that was given, else to the built-in echo;
//   - an https endpoint gets a socket, with a certificate that was made on the
//     spot where none was given;
//   - third-party elements are acknowledged;
//   - an endpoint, or a service, that asks for what Viaduct does not do is left
//     out.
//
// A setting that would lower security is never proposed.
package proposal
