package assemble

import "github.com/viaduct-soap/viaduct/internal/source"

// relaxed names the settings in force that lower a promise of SECURITY.md: at
// start and in the metrics, so that none of them is forgotten.
func (b *builder) relaxed() {
	s := b.settings
	for _, r := range []struct {
		on      bool
		pos     source.Pos
		setting string
		means   string
	}{
		{s.XML.SplitValue.Get() == "join", s.XML.SplitValue.Pos, "xml.splitValue", "addressing values with a comment inside are joined, and others may read them cut"},
		{s.HTTP.MinRate.Get() == 0, s.HTTP.MinRate.Pos, "http.minRate", "clients and destinations may be as slow as they like"},
		{s.Limits.AllowRaise.Get(), s.Limits.AllowRaise.Pos, "limits.allowRaise", "limits of the file may be raised"},
	} {
		if !r.on {
			continue
		}
		b.insecure = append(b.insecure, r.setting)
		b.relaxations = append(b.relaxations, Notice{Pos: r.pos, Text: r.setting + " relaxes a rule: " + r.means})
	}
	b.notices = append(b.notices, b.relaxations...)
}
