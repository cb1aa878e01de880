// Package interop sends messages of SOAP stacks that nobody here wrote through
// the built program to services that nobody here wrote: zeep, PHP and node-soap
// to Mono WCF, PHP and node-soap.
//
// Every scenario runs twice, straight to the service and through Viaduct, and
// what the client's user sees has to be the same. Combinations that cannot work
// without Viaduct either are skipped, each with its reason (excluded).
//
// It contains nothing but tests, behind the build tag interop; `make interop`
// installs the peers (scripts/peers.sh) and runs them. Peers and their job
// format are described in interop/peers/README.md.
package interop
