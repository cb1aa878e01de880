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
		if r.on {
			b.relax(r.pos, r.setting, r.means)
		}
	}
}

// relax notes a setting in force that lowers a promise.
func (b *builder) relax(at source.Pos, setting, means string) {
	b.insecure = append(b.insecure, setting)
	n := Notice{Pos: at, Text: setting + " relaxes a rule: " + means}
	b.relaxations = append(b.relaxations, n)
	b.notices = append(b.notices, n)
}

// notice tells the operator something that stops nothing.
func (b *builder) notice(at source.Pos, text string) {
	b.notices = append(b.notices, Notice{Pos: at, Text: text})
}
