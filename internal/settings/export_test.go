package settings

import "strings"

// PendingSamples gives a document for each pending setting.
func PendingSamples() []string {
	var out []string
	for _, name := range pending {
		name, value, _ := strings.Cut(name, "=")
		out = append(out, "# no sample for "+name)
		for way := range 3 {
			if doc, ok := only(name, value, way); ok {
				out[len(out)-1] = doc
				break
			}
		}
	}
	return out
}

// only gives the smallest part of everything that holds a setting: its top-level
// entry, if that is accepted.
func only(name, value string, way int) (string, bool) {
	top, _, _ := strings.Cut(strings.ReplaceAll(name, "[]", ""), ".")
	var b strings.Builder
	inside := false
	for line := range strings.Lines(everything(way)) {
		if !strings.HasPrefix(line, " ") {
			inside = strings.HasPrefix(line, top+":")
		}
		if value != "" && strings.Contains(line, "# "+name+"\n") {
			key, _, _ := strings.Cut(line, ":")
			line = key + ": " + value + "\n"
		}
		if inside {
			b.WriteString(line)
		}
	}
	s, err := Parse("s", []byte(b.String()), Overrides{})
	return b.String(), err == nil && len(s.unbuilt) > 0
}
