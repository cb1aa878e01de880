package settings

import (
	"slices"
	"strings"
	"unicode"
)

// Row is one setting of the reference.
type Row struct {
	Name string // dotted; [] marks a list: sockets[].address
	// Type is string, name, bool, int, size, duration, percent, enum, file,
	// address, url, uri, secret, network, target, prefix, site, path, field,
	// group, list, or "list of" one of them in the plural.
	Type     string
	Default  string   // as it would be written; "" = none or automatic
	Auto     string   // how an automatic default is found
	Values   []string // of an enum
	Min      int64    // of int and size
	Max      int64    // of int; 0 = none
	Required bool     // an entry without it is refused
	OneOf    bool     // exactly one of the rows of this group that say so is written
	Meaning  string
	Process  bool // a flag or a variable may override it
	Pending  bool // written, it is refused by Load: nothing consumes it yet
}

// Env is the variable that overrides a setting: VIADUCT_LOG_LEVEL. It is ""
// where none does.
func (r Row) Env() string {
	if !r.Process {
		return ""
	}
	return "VIADUCT_" + strings.ToUpper(strings.ReplaceAll(r.Flag(), "-", "_"))
}

// Flag is the switch that overrides a setting, without its dashes: log-level.
// It is "" where none does.
func (r Row) Flag() string {
	if !r.Process {
		return ""
	}
	var b strings.Builder
	for _, c := range r.Name {
		switch {
		case c == '.':
			b.WriteByte('-')
		case unicode.IsUpper(c):
			b.WriteByte('-')
			b.WriteRune(unicode.ToLower(c))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Reference gives every setting, groups before what stands in them.
func Reference() []Row {
	rows := slices.Clone(table)
	for i := range rows {
		rows[i].Pending = isPending(rows[i].Name)
	}
	return rows
}

// isPending reports whether a setting, or a group that it stands in, is pending.
func isPending(name string) bool {
	for name != "" {
		if slices.Contains(pending, strings.TrimSuffix(name, "[]")) {
			return true
		}
		name = name[:max(strings.LastIndexByte(name, '.'), 0)]
	}
	return false
}

var table = slices.Concat(listening, services, endpoints, outgoing, process)

// The table by name, and the keys of each group: a file with a thousand
// endpoints looks them up a hundred thousand times.
var byName, inGroup = index(table)

func index(rows []Row) (byName map[string]*Row, inGroup map[string][]string) {
	byName, inGroup = make(map[string]*Row, len(rows)), map[string][]string{}
	for i := range rows {
		name := rows[i].Name
		byName[name] = &rows[i]
		dot := strings.LastIndexByte(name, '.')
		inGroup[name[:max(dot, 0)]] = append(inGroup[name[:max(dot, 0)]], name[dot+1:])
	}
	return byName, inGroup
}

// later are settings that the design names and that nothing reads yet.
var later = []string{
	"access", "allowedOrigins", "assumeScheme", "compat", "limits.expansion", "metadata", "notFound", "onExhaustion",
	"protocols", "relay",
}
