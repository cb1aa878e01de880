package proposal

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
)

const head = `# Settings for %s, proposed by "viaduct init".
# What a WCF file has no words for stands here. Each entry is a decision of yours:
# read its reason, and change what is not what you want. "viaduct check" tells what
# becomes of every setting; all settings are explained in docs/settings.md.
`

// yaml writes the file.
func (d *decisions) yaml(o *Options) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, head, oneLine(filepath.Base(d.file)))
	if len(d.hosting) > 0 {
		b.WriteString("\n# The site that IIS had for the application: protocol, then IP:port:host, and the path of the\n# application. The paths of its services come from the .svc files beside the configuration.\nhosting:\n")
		reasons(&b, d.hosting[0])
		fmt.Fprintf(&b, "  %s\n  application: /\n", d.hosting[0].how)
	}
	section(&b, "sockets", "https endpoints need a certificate. Name your own: clients do not trust one that was made here.", len(d.sockets))
	for _, s := range d.sockets {
		reasons(&b, s)
		fmt.Fprintf(&b, "  - address: \":%s\"\n    scheme: https\n    tls: {certificate: %s, key: %s}\n", s.name, quote(o.Certificate), quote(o.Key))
	}
	section(&b, "services", "What stands for the .NET classes. forward names a client endpoint of the file or a URL;\n# builtin: echo answers each request with its own body, until a real service stands there;\n# unused: true leaves the service out.", len(d.services))
	for _, s := range d.services {
		reasons(&b, s)
		fmt.Fprintf(&b, "  - name: %s\n    %s\n", quote(s.name), s.how)
	}
	section(&b, "endpoints", "Endpoints that are left out: they ask for what Viaduct does not do.", len(d.endpoints))
	for _, e := range d.endpoints {
		reasons(&b, e)
		fmt.Fprintf(&b, "  - name: %s\n    %s\n", quote(e.name), e.how)
	}
	section(&b, "acknowledge", "Third-party elements that are left out. Make sure that none of them checks who may do what.", len(d.acknowledge))
	for _, a := range d.acknowledge {
		reasons(&b, a)
		fmt.Fprintf(&b, "  - %s\n", quote(a.name))
	}
	return b.Bytes()
}

func section(b *bytes.Buffer, name, about string, n int) {
	if n > 0 {
		fmt.Fprintf(b, "\n# %s\n%s:\n", about, name)
	}
}

func reasons(b *bytes.Buffer, d decision) {
	for _, w := range d.why {
		fmt.Fprintf(b, "  # %s\n", oneLine(w))
	}
}

// oneLine keeps a text inside its comment.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s)
}
