// Package configs reads the XML configuration of a WCF application (web.config,
// app.config) with the place of everything in it.
//
// It follows the reference spec/wcf-config: the tables of schema_*.go are that
// reference as data (names, types, defaults, ranges, verdicts, identifiers of
// WCF's own messages), and Schema gives them to documentation and tests. What
// the tables do not know is an error; nothing inside system.serviceModel is
// skipped. Outside of it only what protects a service in system.web and
// system.webServer is read.
//
// # Verdict by construction
//
// Every attribute of the model is a Value. A constructor that builds a live
// object calls Value.Get, and that call is what makes a setting "honoured".
// After everything is built, File.Findings gives the verdict on each written
// attribute, and File.Err what must stop the start: values that are not served,
// also where they are only a default, and settings that nobody consumed.
//
//	f, err := configs.LoadFile("web.config") // every error at once, sorted
//	... build, calling Get on what is built ...
//	err = f.Err()                            // before any socket is opened
//
// What nothing refers to does not count: a binding, behaviour, client endpoint,
// filter, table or list matters once one of its values, or of what refers to
// it, was consumed. The constructor of a service or endpoint that reads nothing
// of it calls Use.
//
// # What stands around a file
//
// LoadOptions name parent files, or the directory from which on each web.config
// counts, the directory whose settings are wanted, and the site of IIS that hosts
// the services. Files and locations are bound one by one, each against the same
// tables, and merged from the outermost inward; every value keeps the position
// in its own file. What an inner file replaces or removes is a finding.
//
// Under IIS, base addresses come from internal/iis: site bindings, application,
// service files and serviceActivations. A service without endpoints has default
// ones, by protocolMapping.
//
// File.Effective gives every value that counts, Diff the differences of two
// files, Codes the explanation of every error and finding.
//
// # Breadth
//
// Served so far are basicHttpBinding, basicHttpsBinding, wsHttpBinding,
// ws2007HttpBinding and customBinding with text over HTTP, security None and
// Transport without client credentials, and the filters MatchAll, Action,
// EndpointName, EndpointAddress, PrefixEndpointAddress and And. Everything else
// is known by name: refused with "not yet" where it would change security,
// limits, the wire format or who gets a message, and reported as without effect
// where it means nothing to a router.
//
// # Differences from WCF
//
//   - All errors are reported, not the first one.
//   - Encrypted sections, configBuilders, document type declarations and
//     transform files are refused with advice.
//   - Locks (lockAttributes and the like) do not bind inner files; that they stand
//     there is a notice. allowOverride and overrideMode do bind them.
//   - Rules of authorization of outer files stay in force, unless an inner file
//     begins anew or decides for everybody.
//   - Default endpoints have no contract: only code knows those of a service.
//   - Circles of And filters, missing filter names and unused tables are found;
//     WCF overflows its stack, throws NullReferenceException, or is silent.
//   - An EndpointName filter must name an endpoint already when the file is read.
//
// The package has no behaviour: it opens no socket, logs nothing, and is
// imported by internal/assemble and cmd only.
package configs
