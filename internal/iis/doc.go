// Package iis says at which addresses IIS hosts a WCF service: from the bindings
// of a site, the path of an application and the path of a service file.
//
// It follows the reference spec/wcf-addressing-dispatch 9 and spec/wcf-config 6
// and 9. [ParseBinding] reads one site binding, [Hosting.Bases] makes the base
// addresses of a service, with baseAddressPrefixFilters and
// multipleSiteBindingsEnabled, [Choose] finds the binding of a request, and
// [ActivationPath] and [ParseServiceFile] read where a service is activated.
//
// The package opens nothing: whoever has read a file hands over its text. It does
// not model the request pipeline, authentication or application pools.
//
// # Differences from WCF
//
//   - All rules are functions of values. WCF switches off the comparison of ports
//     for a whole process (dispatch 9.4); here it is a flag of one application.
//   - A prefix filter whose host is "*" or "+" keeps nothing and does not fail.
package iis
