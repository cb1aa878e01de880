package archtest

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// layers are the layers of docs/architecture.md from the bottom up. A package
// imports packages of lower layers only, never one of its own layer. A package
// that is in no layer fails the test: put it where it belongs, here and there.
var layers = [][]string{
	{"internal/refusal", "internal/source"}, // vocabulary that every layer shares
	{"internal/buf", "internal/certs", "internal/http1", "internal/uritable", "internal/xmltext"},
	{"internal/iis", "internal/infoset", "internal/xpath", "soap"},
	{"addressing", "internal/wssec"},
	{"binding", "filter"},
	{"binding/httpchan", "binding/textxml", "endpoint", "internal/builtin", "internal/egress", "internal/upstream"},
	{"hosting", "routing"},
	{"admin", "configs", "internal/settings", "internal/wsdl"},
	{"internal/assemble"},
	{"internal/proposal", "internal/report"},
	{"cmd/viaduct"},
}

// testOnly are packages for tests. They may import anything; nothing that is
// shipped may import them.
var testOnly = []string{
	"internal/archtest", "internal/bench", "internal/bindingtest", "internal/chaos", "internal/hostile",
	"internal/spectest", "internal/testbed", "interop",
}

// narrow are walls inside a layer's freedom: only the packages listed may
// import the key.
var narrow = map[string][]string{
	// The only map of all transports and encoders is internal/assemble; the
	// program builds a channel of its own for `viaduct call`.
	"binding/httpchan": {"internal/assemble", "cmd/viaduct"},
	"binding/textxml":  {"internal/assemble", "cmd/viaduct"},
	// The wire of HTTP/1.1 is behind the transport; the pools are made where all
	// destinations are known.
	"internal/http1": {"binding/httpchan", "internal/assemble", "cmd/viaduct"},
}

func layerOf(pkg string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
}

func TestLayers_imports(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if f.test || slices.Contains(testOnly, f.pkg) {
			continue // tests may import what they like
		}
		here := layerOf(f.pkg)
		if !assert.GreaterOrEqual(t, here, 0, "%s: package %s is in no layer; add it to layers and to docs/architecture.md", f.name, f.pkg) {
			continue
		}
		for _, dep := range f.imports {
			if slices.Contains(testOnly, dep) {
				assert.Fail(t, "test package in the product", "%s imports %s, which is for tests only", f.name, dep)
				continue
			}
			assert.Less(t, layerOf(dep), here, "%s: package %s imports %s, which is in no lower layer; lower ones are %v", f.name, f.pkg, dep, layers[:here])
			if may, walled := narrow[dep]; walled {
				assert.Contains(t, may, f.pkg, "%s: package %s imports %s; only %v may", f.name, f.pkg, dep, may)
			}
		}
	}
}

func TestLayers_once(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, pkg := range append(slices.Concat(layers...), testOnly...) {
		assert.False(t, seen[pkg], "package %s stands twice", pkg)
		seen[pkg] = true
	}
	for _, pkg := range slices.Sorted(maps.Keys(narrow)) {
		assert.GreaterOrEqual(t, layerOf(pkg), 0, "narrow names %s, which is in no layer", pkg)
	}
}

func TestLayers_exist(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, f := range sources(t) {
		there[f.pkg] = true
	}
	for _, pkg := range slices.Concat(layers...) {
		assert.True(t, there[pkg], "layers names %s, but there is no such package", pkg)
	}
	require.True(t, there["internal/archtest"])
}
