package configs

// Hosting is serviceHostingEnvironment (spec wcf-config 6).
type Hosting struct {
	*Element

	MultipleSiteBindingsEnabled Value[bool]     // false
	PrefixFilters               []Value[string] // baseAddressPrefixFilters; absolute URIs, one for each scheme
	Activations                 []*ServiceActivation
}

// ServiceActivation is serviceActivations/add: a service without a .svc file.
type ServiceActivation struct {
	*Element

	RelativeAddress Value[string] // below the application, e.g. dir/router.svc
	ServiceName     Value[string] // attribute service: a type or service name; "" = none
	Factory         Value[string] // "" = none
}

// ProtocolMapping is protocolMapping/add: the binding of default endpoints
// (spec wcf-config 2.6).
type ProtocolMapping struct {
	*Element

	Scheme        Value[string]
	Binding       Value[string] // kind, e.g. basicHttpBinding
	Configuration Value[string] // bindingConfiguration; ""
}

// StandardEndpoint is a standardEndpoint of one kind (spec wcf-config 2.5).
type StandardEndpoint struct {
	*Element

	Kind string // mexEndpoint, webHttpEndpoint, ...
	Name Value[string]
}

func (m *modeler) hosting(model *Element) {
	f, e := m.f, model.child("serviceHostingEnvironment")
	f.Hosting = &Hosting{Element: e, MultipleSiteBindingsEnabled: value[bool](e, "multipleSiteBindingsEnabled")}
	for _, x := range children(e, "baseAddressPrefixFilters", "add") {
		f.Hosting.PrefixFilters = append(f.Hosting.PrefixFilters, value[string](x, "prefix"))
	}
	m.checkPrefixes(f.Hosting.PrefixFilters)
	for _, x := range children(e, "serviceActivations", "add") {
		f.Hosting.Activations = append(f.Hosting.Activations, &ServiceActivation{
			Element: x, RelativeAddress: value[string](x, "relativeAddress"), ServiceName: value[string](x, "service"),
			Factory: value[string](x, "factory"),
		})
	}
	m.checkActivations(f.Hosting.Activations)
	for _, x := range children(model, "protocolMapping", "add") {
		f.ProtocolMapping = append(f.ProtocolMapping, &ProtocolMapping{
			Element: x, Scheme: value[string](x, "scheme"), Binding: value[string](x, "binding"),
			Configuration: value[string](x, "bindingConfiguration"),
		})
	}
	for _, kinds := range children(model, "standardEndpoints") {
		for _, kind := range kinds.children {
			for _, x := range kind.all("standardEndpoint") {
				f.StandardEndpoints = append(f.StandardEndpoints, &StandardEndpoint{Element: x, Kind: kind.name, Name: ref(x, "name")})
			}
		}
	}
}
