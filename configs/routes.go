package configs

import (
	"slices"
	"strings"
)

// filters resolves And and checks what each type needs (spec wcf-config 7).
func (m *modeler) filters() {
	m.byName = indexOf(m.f.Filters, filterName)
	for _, f := range m.f.Filters {
		switch f.Type.Peek() {
		case "And":
			for i, name := range []string{"filter1", "filter2"} {
				m.part(f, i, value[string](f.Element, name))
			}
		case "Action", "EndpointName":
			if f.Data.Peek() == "" {
				m.b.fail(f.Type.Pos(), f.Path()+"/@filterData", "ArgumentNull", "%s: filterData is missing; a filter of type %s compares with it", f.label(), f.Type.Peek())
			}
		case "EndpointAddress", "PrefixEndpointAddress":
			if _, _, ok := absolute(f.Data.Peek()); !ok {
				m.b.fail(f.Data.Pos(), f.Data.Path(), "UriMustBeAbsolute", "%s: filterData %s is not an absolute address; write scheme, host and path", f.label(), quote(f.Data.Peek()))
			}
		case "Custom":
			if f.CustomType.Peek() == "" {
				m.b.fail(f.pos, f.Path()+"/@customType", "ArgumentNullOrEmpty", "%s: customType is missing", f.label())
			}
		}
	}
	m.cycles()
}

func (m *modeler) part(f *Filter, i int, name Value[string]) {
	if name.Peek() == "" {
		m.b.fail(f.pos, name.Path(), "FilterElementNotFound", "%s: %s is missing; an And filter names two filters", f.label(), name.a.row.name)
		return
	}
	f.And[i] = m.byName[name.Peek()]
	if f.And[i] == nil {
		m.missing(name, f.Element, "FilterElementNotFound", "filter", names(m.f.Filters, filterName))
		return
	}
	f.And[i].users = append(f.And[i].users, f.Element)
}

// cycles refuses And filters that lead back to themselves; the links are then
// cut, so that everything behind can recurse.
func (m *modeler) cycles() {
	const (
		entered = 1
		done    = 2
	)
	state := map[*Filter]int{}
	var path []*Filter
	var visit func(f *Filter)
	visit = func(f *Filter) {
		state[f] = entered
		path = append(path, f)
		for i, next := range f.And {
			switch {
			case next == nil:
			case state[next] == entered:
				var round []string
				for _, x := range path[slices.Index(path, next):] {
					round = append(round, x.Name.Peek())
				}
				m.b.fail(f.pos, f.Path(), "filter-circle", "%s: the And filters %s need each other in a circle; break it", f.label(),
					strings.Join(append(round, next.Name.Peek()), ", "))
				f.And[i] = nil
				next.users = slices.DeleteFunc(next.users, func(e *Element) bool { return e == f.Element })
			case state[next] == 0:
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[f] = done
	}
	for _, f := range m.f.Filters {
		if state[f] == 0 {
			visit(f)
		}
	}
}

func (m *modeler) tables() {
	lists := indexOf(m.f.BackupLists, listName)
	m.clients = make(map[string][]*Endpoint, len(m.f.Client))
	for _, ep := range m.f.Client {
		m.clients[ep.Name.Peek()] = append(m.clients[ep.Name.Peek()], ep)
	}
	for _, l := range m.f.BackupLists {
		for _, x := range l.Entries {
			x.Endpoint = m.destination(x.Element)
		}
		if len(l.Entries) == 0 {
			m.b.fail(l.pos, l.Path(), "BackupListEmpty", "%s: no endpoints; add one, or remove the list", l.label())
		}
	}
	for _, t := range m.f.FilterTables {
		for _, x := range t.Entries {
			x.Endpoint = m.destination(x.Element)
			name := value[string](x.Element, "filterName")
			if x.Filter = m.byName[name.Peek()]; x.Filter != nil {
				x.Filter.users = append(x.Filter.users, x.Element)
			} else if name.Peek() != "" {
				m.missing(name, x.Element, "FilterElementNotFound", "filter", names(m.f.Filters, filterName))
			}
			list := value[string](x.Element, "backupList")
			if list.Peek() == "" {
				continue
			}
			if x.Backup = lists[list.Peek()]; x.Backup != nil {
				x.Backup.users = append(x.Backup.users, x.Element)
			} else {
				m.missing(list, x.Element, "BackupListNotFound", "backup list", names(m.f.BackupLists, listName))
			}
		}
	}
}

// destination finds the client endpoint that an entry names: by name, with
// contract "*" and without kind.
func (m *modeler) destination(e *Element) *Endpoint {
	name := value[string](e, "endpointName")
	if name.Peek() == "" {
		return nil
	}
	var other *Endpoint
	for _, ep := range m.clients[name.Peek()] {
		if ep.Contract.Peek() != "*" || ep.Kind.Peek() != "" {
			other = ep
			continue
		}
		ep.users = append(ep.users, e)
		if _, _, ok := absolute(ep.Address.Peek()); !ok && !m.reported(ep.Address.Path()) {
			m.b.fail(ep.Address.Pos(), ep.Address.Path(), "destination-not-absolute", "%s: the address of a destination must be absolute; write scheme, host and path", ep.label())
		}
		return ep
	}
	if other != nil {
		m.b.fail(name.Pos(), name.Path(), "SFxConfigChannelConfigurationNotFound",
			`%s: client endpoint %s at %v has contract %s; a destination of the routing service has contract="*" and no kind`,
			e.label(), quote(name.Peek()), other.pos, quote(other.Contract.Peek()))
		return nil
	}
	m.missing(name, e, "SFxConfigChannelConfigurationNotFound", "client endpoint",
		names(m.f.Client, func(ep *Endpoint) string { return ep.Name.Peek() }))
	return nil
}

func (m *modeler) reported(path string) bool {
	return slices.ContainsFunc(m.b.errs, func(e *Error) bool { return e.Path == path })
}

// Contracts of the routing service's endpoints.
const (
	RequestReplyRouter    = "System.ServiceModel.Routing.IRequestReplyRouter"
	SimplexDatagramRouter = "System.ServiceModel.Routing.ISimplexDatagramRouter"
	SimplexSessionRouter  = "System.ServiceModel.Routing.ISimplexSessionRouter"
	DuplexSessionRouter   = "System.ServiceModel.Routing.IDuplexSessionRouter"
)

var routerContracts = []string{RequestReplyRouter, SimplexDatagramRouter, SimplexSessionRouter, DuplexSessionRouter}

// router resolves the routing behaviour and checks the built-in service.
func (m *modeler) router(s *Service) {
	r := s.Behavior.Routing
	if r != nil {
		m.routerTable(s, r)
	}
	if s.Name.Peek() != RoutingService {
		return
	}
	if r == nil {
		m.b.fail(s.pos, s.Path(), "RoutingTableNotConfigured",
			`%s: its behavior has no element routing; add <routing filterTableName="..."/>`, s.label())
	}
	for _, ep := range s.Endpoints {
		if ep.Metadata() || ep.Kind.Peek() != "" {
			continue
		}
		switch c := ep.Contract.Peek(); c {
		case RequestReplyRouter, SimplexDatagramRouter:
		case SimplexSessionRouter, DuplexSessionRouter:
			m.b.findings = append(m.b.findings, Finding{
				Pos: ep.Contract.Pos(), Path: ep.Contract.Path(), Effect: Refused, Scope: ScopeEndpoint, Code: "sessions-not-served",
				Text: ep.label() + ": contract " + c + " needs a binding with sessions, and none is served yet",
			})
		case "":
			m.b.fail(ep.pos, ep.Path()+"/@contract", "SfxReflectedContractKeyNotFoundEmpty",
				"%s: attribute contract is missing; use one of %s", ep.label(), strings.Join(routerContracts, ", "))
		default:
			m.b.fail(ep.Contract.Pos(), ep.Contract.Path(), "SfxReflectedContractKeyNotFound2",
				"%s: the routing service has no contract %s%s", ep.label(), quote(c), didYouMean(c, routerContracts))
		}
	}
}

func (m *modeler) routerTable(s *Service, r *Routing) {
	name := r.FilterTableName
	switch {
	case name.Peek() == "":
		m.b.fail(r.pos, r.Path()+"/@filterTableName", "RoutingTableNotConfigured",
			"routing: filterTableName is missing%s", known(names(m.f.FilterTables, tableName)))
		return
	case r.Table == nil:
		r.Table = find(m.f.FilterTables, tableName, name.Peek())
	}
	if r.Table == nil {
		switch {
		case m.reported(name.Path()):
		case len(m.f.FilterTables) == 0 && !m.f.roots[0].first(schemaRouting.name).written:
			m.b.fail(name.Pos(), name.Path(), "RoutingSectionNotFound",
				"%s: filterTableName is %s, and the file has no section routing; add it", r.label(), quote(name.Peek()))
		default:
			m.missing(name, r.Element, "RoutingTableNotFound", "filter table", names(m.f.FilterTables, tableName))
		}
		return
	}
	r.Table.users = append(r.Table.users, s.Element)
	m.endpointNames(s, r.Table)
}

// endpointNames checks that EndpointName filters name endpoints of the service.
func (m *modeler) endpointNames(s *Service, t *FilterTable) {
	var all []string
	for _, ep := range s.Endpoints {
		all = append(all, ep.EffectiveName())
	}
	var visit func(f *Filter)
	visit = func(f *Filter) {
		if f == nil {
			return
		}
		if f.Type.Peek() == "EndpointName" && f.Data.Peek() != "" && !slices.Contains(all, f.Data.Peek()) && !m.reported(f.Data.Path()) {
			m.missing(f.Data, f.Element, "EndpointNameNotFound", "endpoint of service "+s.Name.Peek()+" named", all)
		}
		visit(f.And[0])
		visit(f.And[1])
	}
	for _, x := range t.Entries {
		visit(x.Filter)
	}
}
