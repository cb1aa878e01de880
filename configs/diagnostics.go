package configs

import "strings"

// Diagnostics is diagnostics of system.serviceModel (spec wcf-config 8). Message
// logging and tracing write nothing unless a source of Tracing has a listener.
type Diagnostics struct {
	*Element

	Logging *MessageLogging
	Tracing *EndToEndTracing
}

// MessageLogging is messageLogging.
type MessageLogging struct {
	*Element

	EntireMessage  Value[bool]  // logEntireMessage; false = headers only
	KnownPII       Value[bool]  // logKnownPii; false
	Malformed      Value[bool]  // logMalformedMessages; false
	ServiceLevel   Value[bool]  // logMessagesAtServiceLevel; false
	TransportLevel Value[bool]  // logMessagesAtTransportLevel; false
	MaxMessages    Value[int64] // maxMessagesToLog; 10000; -1 = no limit
	MaxSize        Value[int64] // maxSizeOfMessageToLog, octets; 262144; -1 = no limit
	Filters        []*MessageLogFilter
}

// MessageLogFilter is messageLogging/filters/add: an XPath expression. One that
// matches is enough; no filters let everything pass.
type MessageLogFilter struct {
	*Element

	NodeQuota  Value[int64]
	XPath      string
	Namespaces map[string]string // prefixes in scope where the expression stands
}

// EndToEndTracing is endToEndTracing.
type EndToEndTracing struct {
	*Element

	PropagateActivity  Value[bool] // the ActivityId header; false
	ActivityTracing    Value[bool] // false
	MessageFlowTracing Value[bool] // false
}

// Source is system.diagnostics/sources/source, as far as its name begins with
// System.ServiceModel.
type Source struct {
	*Element

	Name              Value[string]
	Switch            Value[[]string] // switchValue; Off, Critical, ...
	PropagateActivity Value[bool]     // false
	Listeners         []*Listener     // shared ones resolved by name
}

// Listener is a trace listener.
type Listener struct {
	*Element

	Name           Value[string]
	Type           Value[string] // System.Diagnostics.XmlWriterTraceListener, ...
	InitializeData Value[string] // a Windows path
}

// Tracing is system.diagnostics (spec wcf-config 8).
type Tracing struct {
	Sources   []*Source
	Shared    []*Listener // sharedListeners
	AutoFlush Value[bool] // trace/@autoflush; false
}

func (m *modeler) diagnostics(model, tracing *Element) {
	f := m.f
	f.Diagnostics = &Diagnostics{Element: model.first("diagnostics")}
	if e := f.Diagnostics.child("messageLogging"); e != nil {
		f.Diagnostics.Logging = m.messageLogging(e)
	}
	if e := f.Diagnostics.child("endToEndTracing"); e != nil {
		f.Diagnostics.Tracing = &EndToEndTracing{
			Element: e, PropagateActivity: value[bool](e, "propagateActivity"), ActivityTracing: value[bool](e, "activityTracing"),
			MessageFlowTracing: value[bool](e, "messageFlowTracing"),
		}
	}
	f.Tracing = &Tracing{}
	if tracing == nil {
		return
	}
	f.Tracing.AutoFlush = value[bool](tracing.first("trace"), "autoflush")
	shared := map[string]*Listener{}
	for _, e := range children(tracing, "sharedListeners", "add") {
		l := listenerOf(e)
		shared[e.text("name")] = l
		f.Tracing.Shared = append(f.Tracing.Shared, l)
	}
	for _, e := range children(tracing, "sources", "source") {
		if !strings.HasPrefix(e.text("name"), "System.ServiceModel") {
			continue
		}
		s := &Source{
			Element: e, Name: value[string](e, "name"), Switch: value[[]string](e, "switchValue"),
			PropagateActivity: value[bool](e, "propagateActivity"),
		}
		for _, x := range children(e, "listeners", "add") {
			l := listenerOf(x)
			if common := shared[x.text("name")]; common != nil && l.Type.Peek() == "" {
				l = common
			}
			s.Listeners = append(s.Listeners, l)
		}
		f.Tracing.Sources = append(f.Tracing.Sources, s)
	}
}

func (m *modeler) messageLogging(e *Element) *MessageLogging {
	l := &MessageLogging{
		Element: e, EntireMessage: value[bool](e, "logEntireMessage"), KnownPII: value[bool](e, "logKnownPii"),
		Malformed: value[bool](e, "logMalformedMessages"), ServiceLevel: value[bool](e, "logMessagesAtServiceLevel"),
		TransportLevel: value[bool](e, "logMessagesAtTransportLevel"), MaxMessages: value[int64](e, "maxMessagesToLog"),
		MaxSize: value[int64](e, "maxSizeOfMessageToLog"),
	}
	for _, x := range children(e, "filters", "add") {
		filter := &MessageLogFilter{Element: x, NodeQuota: value[int64](x, "nodeQuota"), Namespaces: map[string]string{}}
		filter.XPath = strings.TrimSpace(x.node.Text())
		for n := x.node; n != nil; n = n.Parent() {
			for _, a := range n.Attr {
				if _, near := filter.Namespaces[a.Key]; a.Space == "xmlns" && !near {
					filter.Namespaces[a.Key] = a.Value
				}
			}
		}
		l.Filters = append(l.Filters, filter)
	}
	return l
}

func listenerOf(e *Element) *Listener {
	return &Listener{
		Element: e, Name: value[string](e, "name"), Type: value[string](e, "type"), InitializeData: value[string](e, "initializeData"),
	}
}
