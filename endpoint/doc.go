// Package endpoint joins address, binding and contract: an [Endpoint] is what
// the configuration calls one, a [Table] chooses among those that share a
// listener, as WCF's dispatcher does (EndpointDispatcherTable).
//
// An endpoint is chosen by address and contract together: the priority of its
// contract filter makes an endpoint for every action ("*") the fallback of
// explicit ones at the same address. When none is chosen the error knows whether
// an address matched, and so which fault the client gets, and it tells where the
// message first differs from the endpoint that comes nearest ([NoMatchError]).
//
// Contracts come from a list of operations ([NewContract]), are those of the
// routing service, or take everything.
//
// Values here are immutable; what changes while messages pass (throttles, pools)
// belongs to others. The package opens no listener and asks no credentials.
//
// # Differences from WCF
//
//   - Filters of all endpoints are one table whatever their number; WCF asks two
//     endpoints one by one. The outcome is the same.
//   - An endpoint may have aliases and compare the host, so that nobody has to
//     accept every address (AddressFilterMode Any) because of a proxy.
//   - An address filter mode is a value of the service, since there is no CLR
//     attribute that could carry it.
package endpoint
