package configs

// Tests of package assemble that prove the settings.
const (
	tableTest   = "TestHonour_tableAndBackups"
	filtersTest = "TestScenario_advancedFilters"
)

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
				attrs: []attribute{keyName.must()},
				children: []*element{{
					name: "add", many: true, exact: true, keys: []string{"filterName", "endpointName"}, sec: "7",
					code: "Config_base_collection_entry_already_exists",
					attrs: []attribute{
						text("filterName").must().proven(tableTest), text("endpointName").must().proven(tableTest),
						number("priority", "0", 0, 0).proven(tableTest), text("backupList").proven(tableTest),
					},
				}},
			}},
		},
		{
			name: "backupLists", arc: true, sec: "7",
			children: []*element{{
				name: "backupList", many: true, owns: true, arc: true, exact: true, keys: []string{"name"}, sec: "7",
				code:  "Config_base_collection_entry_already_exists",
				attrs: []attribute{keyName.must()},
				children: []*element{{
					name: "add", many: true, sec: "7",
					attrs: []attribute{text("endpointName").must().proven(tableTest)},
				}},
			}},
		},
		{
			name: "namespaceTable", arc: true, sec: "7",
			children: []*element{{
				name: "add", many: true, owns: true, exact: true, keys: []string{"prefix"}, sec: "7",
				code: "Config_base_collection_entry_already_exists",
				attrs: []attribute{
					text("prefix").must().proven(filtersTest), text("namespace").must().proven(filtersTest),
				},
			}},
		},
	},
}

var schemaFilter = &element{
	name: "filter", many: true, owns: true, exact: true, keys: []string{"name"}, sec: "7",
	code: "Config_base_collection_entry_already_exists",
	attrs: []attribute{
		keyName.must(),
		choice("filterType", "", filterTypes).must().proven(tableTest),
		text("filterData").given(filterIs("Action", "EndpointAddress", "PrefixEndpointAddress", "EndpointName", "Custom", "XPath")).proven(tableTest),
		text("filter1").given(filterIs("And")).proven(tableTest), text("filter2").given(filterIs("And")).proven(tableTest),
		text("customType").given(filterIs("Custom")).proven(filtersTest),
	},
}
