package iis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/iis"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

func TestRows(t *testing.T) {
	t.Parallel()
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	for _, r := range rows {
		t.Run(r.ID(), func(t *testing.T) {
			t.Parallel()
			a := r.Fields[2 : len(r.Fields)-1]
			want := r.Fields[len(r.Fields)-1]
			got, err := ask(t, r.Fields[1], a)
			if text, isError := strings.CutPrefix(want, "error "); isError {
				require.Error(t, err, r.Line)
				if x, ok := errors.AsType[*iis.Error](err); ok && !strings.Contains(text, " ") {
					assert.Equal(t, text, x.Code, r.Line)
				} else {
					assert.ErrorContains(t, err, text, r.Line)
				}
				return
			}
			require.NoError(t, err, r.Line)
			assert.Equal(t, want, got, r.Line)
		})
	}
	rows.Complete(t, "BAS", 1, 10)
	rows.Complete(t, "PF", 1, 7)
	rows.Complete(t, "IIS", 1, 10)
	rows.Complete(t, "MSB", 1, 12)
	rows.Complete(t, "CMP", 1, 17)
	rows.Complete(t, "ACT", 1, 11)
}

func ask(t *testing.T, what string, a []string) (string, error) {
	t.Helper()
	switch what {
	case "base":
		var texts []string
		for s := range strings.FieldsSeq(a[0]) {
			texts = append(texts, uritable.ReplaceWildcardHost(s, "machine"))
		}
		bases, err := uritable.NewBases(texts...)
		if err != nil {
			return "", err
		}
		u, err := bases.Resolve(a[1], a[2])
		return u.String(), err
	case "filter":
		var all []uritable.URI
		for s := range strings.FieldsSeq(a[0]) {
			all = append(all, uri(t, s))
		}
		kept, err := iis.FilterBases(all, strings.Fields(a[1]))
		return list(kept), err
	case "binding":
		b, err := iis.ParseBinding(a[0], a[1], "machine")
		return fmt.Sprintf("%v %s %d", b.Mode, b.Host, b.Port), err
	case "bases", "several":
		h := iis.Hosting{Bindings: bindings(t, a[0]), Application: a[1], MultipleSiteBindings: what == "several"}
		if h.MultipleSiteBindings {
			h.Prefixes = []string{"http://nobody"} // ignored then
		}
		if strings.Contains(a[0], "net.tcp") {
			h.Protocols = iis.Protocols("HTTP")
		}
		bases, err := h.Bases(a[2])
		return list(bases), err
	case "shared":
		return "ok", iis.Hosting{MultipleSiteBindings: true}.CheckRelative(a[0], a[1], a[2])
	case "choose", "several-choose":
		h := iis.Hosting{Bindings: bindings(t, a[0]), MultipleSiteBindings: what == "several-choose"}
		b, ok := iis.Choose(h.Effective(), uri(t, a[1]))
		if !ok {
			return "none", nil
		}
		return b.String(), nil
	case "isbase":
		modes := map[string]uritable.Mode{"Exact": uritable.Exact, "WeakWildcard": uritable.WeakWildcard, "StrongWildcard": uritable.StrongWildcard}
		return yesNo(iis.IsBaseOf(uri(t, a[0]), modes[a[1]], uri(t, a[2]))), nil
	case "below":
		_, ok := iis.Site{Applications: []iis.Application{{Path: a[0]}}}.Of(a[1])
		return yesNo(ok), nil
	case "activation":
		return iis.ActivationPath(a[0])
	}
	require.Fail(t, "unknown question", what)
	return "", nil
}

func uri(t *testing.T, s string) uritable.URI {
	t.Helper()
	u, err := uritable.Parse(s)
	require.NoError(t, err, s)
	return u
}

func bindings(t *testing.T, s string) []iis.Binding {
	t.Helper()
	var out []iis.Binding
	for text := range strings.SplitSeq(s, ";") {
		b, err := iis.ParseText(strings.TrimSpace(text), "machine")
		require.NoError(t, err, text)
		again, err := iis.ParseText(b.String(), b.Host)
		require.NoError(t, err)
		assert.Equal(t, b, again)
		out = append(out, b)
	}
	return out
}

func list(us []uritable.URI) string {
	if len(us) == 0 {
		return "none"
	}
	var out []string
	for _, u := range us {
		out = append(out, u.String())
	}
	return strings.Join(out, " ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func TestSite_Of(t *testing.T) {
	t.Parallel()
	s := iis.Site{Applications: []iis.Application{{Path: "/"}, {Path: "/shop"}, {Path: "/shop/admin"}}}
	for path, want := range map[string]string{"/x.svc": "/", "/Shop": "/shop", "/shop/admin/x.svc": "/shop/admin", "/shopping": "/"} {
		a, ok := s.Of(path)
		assert.True(t, ok)
		assert.Equal(t, want, a.Path, path)
	}
}

func TestParseServiceFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, service, factory, err string }{
		{"plain", `<%@ ServiceHost Language="C#" Service="Contoso.Orders" %>`, "Contoso.Orders", "", ""},
		{"lines", "\xef\xbb\xbf<%@ServiceHost\n  service='Contoso.Orders, Contoso' debug=\"true\"\n%>", "Contoso.Orders", "", ""},
		{"factory", `<%@ ServiceHost Factory="A.B, C" Service="S" %>`, "S", "A.B", ""},
		{"nothing named", `<%@ ServiceHost Language="C#" %>`, "", "", "names no service"},
		{"no directive", `<html/>`, "", "", "no ServiceHost directive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			service, factory, err := iis.ParseServiceFile([]byte(tt.in))
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.service, service)
			assert.Equal(t, tt.factory, factory)
		})
	}
	_, err := iis.ParseText("http", "machine")
	require.ErrorContains(t, err, "has no blank")
	_, err = iis.Hosting{Bindings: []iis.Binding{{Scheme: "http", Host: "a b", Port: 80}}}.Bases("x")
	require.Error(t, err)
}

func FuzzParseBinding(f *testing.F) {
	f.Add("http", "*:80:")
	f.Add("net.tcp", "808:*")
	f.Add("https", "[::1]:443:shop.example")
	f.Fuzz(func(t *testing.T, protocol, information string) {
		b, err := iis.ParseBinding(protocol, information, "machine")
		if err != nil {
			return
		}
		again, err := iis.ParseText(b.String(), b.Host)
		if strings.ContainsAny(b.Host, ":[]+* ") {
			return // no such host has an address; Address says so
		}
		require.NoError(t, err, b.String())
		assert.Equal(t, b, again)
	})
}

func FuzzParseServiceFile(f *testing.F) {
	f.Add([]byte(`<%@ ServiceHost Service="S" Factory='F' %>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		service, factory, err := iis.ParseServiceFile(data)
		assert.Equal(t, err == nil, service != "" || factory != "")
	})
}

func FuzzActivationPath(f *testing.F) {
	f.Add("~/a/../b.svc")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := iis.ActivationPath(s)
		if err != nil {
			return
		}
		again, err := iis.ActivationPath(p)
		if err == nil {
			assert.Equal(t, p, again)
		}
		assert.False(t, strings.HasPrefix(p, "/"))
	})
}
