package configs

// filterTypes in the order of WCF's enumeration.
var filterTypes = []string{
	"Action", "EndpointAddress", "PrefixEndpointAddress", "And", "Custom", "EndpointName", "MatchAll", "XPath",
}

var schemaRouting = &element{
	name: "routing", section: true, sec: "7",
	children: []*element{
		{name: "filters", arc: true, sec: "7", children: []*element{schemaFilter}},
		{
			name: "filterTables", arc: true, sec: "7",
			children: []*element{{
				name: "filterTable", many: true, owns: true, arc: true, exact: true, keys: []string{"name"}, sec: "7",
				code:  "Config_base_collection_entry_already_exists",
				attrs: []attribute{{name: "name", typ: tString, required: true}},
				children: []*element{{
					name: "add", many: true, exact: true, keys: []string{"filterName", "endpointName"}, sec: "7",
					code: "Config_base_collection_entry_already_exists",
					attrs: []attribute{
						{name: "filterName", typ: tString, required: true},
						{name: "endpointName", typ: tString, required: true},
						{name: "priority", typ: tInt, def: "0"},
						{name: "backupList", typ: tString},
					},
				}},
			}},
		},
		{
			name: "backupLists", arc: true, sec: "7",
			children: []*element{{
				name: "backupList", many: true, owns: true, arc: true, exact: true, keys: []string{"name"}, sec: "7",
				code:  "Config_base_collection_entry_already_exists",
				attrs: []attribute{{name: "name", typ: tString, required: true}},
				children: []*element{{
					name: "add", many: true, sec: "7",
					attrs: []attribute{{name: "endpointName", typ: tString, required: true}},
				}},
			}},
		},
		{
			name: "namespaceTable", arc: true, sec: "7",
			children: []*element{{
				name: "add", many: true, owns: true, exact: true, keys: []string{"prefix"}, sec: "7",
				code: "Config_base_collection_entry_already_exists",
				attrs: []attribute{
					{name: "prefix", typ: tString, required: true},
					{name: "namespace", typ: tString, required: true, verdict: VerdictNoEffect, note: "only XPath filters use prefixes, and they are refused yet"},
				},
			}},
		},
	},
}

var schemaFilter = &element{
	name: "filter", many: true, owns: true, exact: true, keys: []string{"name"}, sec: "7",
	code: "Config_base_collection_entry_already_exists",
	attrs: []attribute{
		{name: "name", typ: tString, required: true},
		{
			name: "filterType", typ: tEnum, required: true, enum: filterTypes,
			served: []string{"Action", "EndpointAddress", "PrefixEndpointAddress", "And", "EndpointName", "MatchAll"},
			note:   "XPath and custom filters are not served yet",
		},
		{name: "filterData", typ: tString, when: filterIs("Action", "EndpointAddress", "PrefixEndpointAddress", "EndpointName", "Custom", "XPath")},
		{name: "filter1", typ: tString, when: filterIs("And")},
		{name: "filter2", typ: tString, when: filterIs("And")},
		{name: "customType", typ: tString, when: filterIs("Custom")},
	},
}
