// Package interop sends messages of SOAP stacks that nobody here wrote through
// the built program to services that nobody here wrote: zeep, suds, PHP,
// SOAP::Lite, node-soap, gSOAP and Mono WCF to Mono WCF, gSOAP, PHP and node-soap,
// in SOAP 1.1 and 1.2, without addressing and with WS-Addressing 1.0 and August
// 2004.
//
// TestMatrix runs every scenario twice, straight to the service and through
// Viaduct; what the client's user sees has to be the same. TestInterop_bridged does
// so where the two sides of Viaduct speak different versions. TestInterop_init
// serves what the command init proposes. Combinations that cannot work without
// Viaduct either are skipped, each with its reason (pairLacks); faults that are
// not compared are logged with theirs (brokenFault, straightFault).
//
// It contains nothing but tests, behind the build tag interop; `make interop`
// installs the peers (scripts/peers.sh) and runs them. Peers and their job
// format are described in interop/peers/README.md.
package interop
