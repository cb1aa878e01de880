package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// netConfiguration is the only namespace that the root may have.
const netConfiguration = "http://schemas.microsoft.com/.NetConfiguration/v2.0"

// LoadFile reads the configuration file at a path of this machine. What
// configSource names must lie in the file's directory or below it; no link
// leads out of there (T-CFG-01).
//
// All errors are given at once as Errors, sorted by position. The File is then
// nil or holds what could be read; it is good for a report, not for serving.
func LoadFile(name string) (*File, error) {
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	data, err := readRegular(os.DirFS(dir), base)
	if err != nil {
		return nil, Errors{{Pos: source.Pos{File: name}, Text: plain(err)}}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Errors{{Pos: source.Pos{File: name}, Text: plain(err)}}
	}
	defer func() { _ = root.Close() }()
	return load(name, data, func(rel string) ([]byte, error) { return readRegular(root.FS(), rel) })
}

// Load is LoadFile for a file system; name is slash-separated.
func Load(fsys fs.FS, name string) (*File, error) {
	data, err := readRegular(fsys, name)
	if err != nil {
		return nil, Errors{{Pos: source.Pos{File: name}, Text: plain(err)}}
	}
	return load(name, data, func(rel string) ([]byte, error) { return readRegular(fsys, path.Join(path.Dir(name), rel)) })
}

// Parse reads a configuration from memory. It refuses configSource.
func Parse(name string, data []byte) (*File, error) { return load(name, data, nil) }

// readRegular reads a file that is neither a device nor a pipe nor too large.
func readRegular(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxFileSize+1))
}

// plain is the reason of a file error without the path, which the position
// names already.
func plain(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return "cannot read the file: " + err.Error()
}

func load(name string, data []byte, open func(string) ([]byte, error)) (*File, error) {
	doc, errs := parseXML(name, data)
	if errs != nil {
		return nil, errs
	}
	b := &binder{doc: doc, open: open, sources: map[string]source.Pos{}, third: map[string]bool{}, docs: []*document{doc}}
	if !b.checkRoot() {
		return nil, b.errs
	}
	f := b.file()
	if len(b.errs) > 0 {
		b.errs.sort()
		return f, b.errs
	}
	return f, nil
}

// checkRoot refuses what is no configuration file at all.
func (b *binder) checkRoot() bool {
	root := b.doc.root
	p := b.doc.pos[root]
	for _, a := range root.Attr {
		if a.Space == "xmlns" && a.Value == "http://schemas.microsoft.com/XML-Document-Transform" {
			b.fail(p, "", "", "this is a transform file (Web.Release.config style); apply it to its web.config first")
			return false
		}
	}
	if root.FullTag() != "configuration" {
		b.fail(p, "", "Config_file_doesnt_have_root_configuration",
			"the root element is %s, and must be configuration; name the web.config or app.config of the service", root.FullTag())
		return false
	}
	if ns := root.SelectAttrValue("xmlns", ""); ns != "" && ns != netConfiguration {
		b.fail(p, "", "Config_namespace_invalid", "the root element has the namespace %s; remove the xmlns attribute", quote(ns))
		return false
	}
	return true
}

// file binds the sections and builds the model.
func (b *binder) file() *File {
	tops := b.topLevel(b.doc.root, false)
	for _, n := range tops {
		if n.Tag == "system.serviceModel" {
			b.extensions(n)
		}
	}
	model := b.group(tops, schemaServiceModel)
	web := b.group(tops, schemaWeb)
	webServer := b.group(tops, schemaWebServer)
	f := &File{Name: b.doc.name, roots: []*Element{model, web, webServer}}
	m := &modeler{b: b, f: f}
	m.build(model, web, webServer)
	m.resolve()
	f.findings = b.findings
	for _, d := range b.docs {
		f.Comments = append(f.Comments, d.comments...)
	}
	return f
}

// topLevel gives the sections and groups that concern this directory.
func (b *binder) topLevel(n *etree.Element, inLocation bool) []*etree.Element {
	var out []*etree.Element
	for _, c := range n.ChildElements() {
		if c.FullTag() != "location" {
			out = append(out, c)
			continue
		}
		p := b.doc.pos[c]
		if inLocation {
			b.fail(p, "location", "Config_location_location_not_allowed", "location: a location cannot stand in a location")
			continue
		}
		where := c.SelectAttrValue("path", "")
		inner := b.topLevel(c, true)
		if where == "" || where == "." {
			out = append(out, inner...)
			continue
		}
		for _, s := range inner {
			if slices.Contains([]string{"system.serviceModel", "system.web", "system.webServer"}, s.Tag) {
				b.findings = append(b.findings, Finding{
					Pos: b.doc.pos[s], Path: "location[" + where + "]/" + s.Tag, Effect: Refused, Scope: ScopeFile,
					Text: "settings of one directory (location with a path) are not served yet; give the directory a configuration file of its own",
				})
			}
		}
	}
	return out
}

// group binds all elements of that name as one: their children stand side by
// side, each at most once.
func (b *binder) group(tops []*etree.Element, row *element) *Element {
	e := &Element{row: row, name: row.name, pos: b.doc.pos[b.doc.root]}
	for _, n := range tops {
		if n.FullTag() != row.name {
			continue
		}
		if !e.written {
			e.written, e.node, e.pos = true, n, b.doc.pos[n]
		}
		if row == schemaServiceModel {
			b.attributes(e, n)
			b.children(e, n)
		} else {
			b.protective(e, n)
		}
	}
	b.imply(e)
	return e
}

// protective binds only the elements that the table lists: outside of
// system.serviceModel everything else is none of Viaduct's business.
func (b *binder) protective(e *Element, n *etree.Element) {
	for _, c := range n.ChildElements() {
		row := e.row.lookup(c.FullTag())
		if row == nil {
			continue
		}
		x := &Element{row: row, name: row.name, parent: e, written: true, node: c, pos: b.doc.pos[c]}
		e.children = append(e.children, x)
		if row.opaque {
			continue
		}
		for i, a := range c.Attr {
			if r := row.attribute(a.FullKey()); r != nil {
				y := &attr{row: r, el: x, text: a.Value, at: b.doc.attrs[c][i], written: true}
				b.parse(x, y)
				x.attrs = append(x.attrs, y)
			}
		}
		b.defaults(x)
		b.protective(x, c)
		b.imply(x)
	}
}

// extensions gathers the names that the file declares, before they are met.
func (b *binder) extensions(n *etree.Element) {
	for _, list := range n.FindElements("extensions/*") {
		for _, add := range list.SelectElements("add") {
			name := add.SelectAttrValue("name", "")
			if schemaKnows(name) || name == "" {
				continue
			}
			b.third[name] = true
		}
	}
}

// schemaKnows reports whether a declared name is one of WCF's own, which files
// often declare again.
func schemaKnows(name string) bool {
	for _, row := range []*element{serviceBehavior, endpointBehavior, kindCustom.children[0], schemaBindings} {
		if row.lookup(name) != nil {
			return true
		}
	}
	return false
}

// configSource follows the attribute of that name. It gives the other file, or
// nil when the section stands here or could not be read.
func (b *binder) configSource(e *Element) *document {
	n := e.node
	for i, a := range n.Attr {
		p := b.doc.attrs[n][i]
		switch a.FullKey() {
		case "configProtectionProvider":
			b.fail(p, e.Path(), "", "%s is encrypted%s", e.name, adviceDecrypt)
		case "configBuilders":
			b.fail(p, e.Path(), "", "%s is filled in by configBuilders at run time; write the values in full", e.name)
		case "configSource":
			return b.follow(e, a.Value, p, len(n.Attr) > 1 || len(n.ChildElements()) > 0)
		}
	}
	return nil
}

func (b *binder) follow(e *Element, value string, p source.Pos, more bool) *document {
	name := strings.ReplaceAll(value, `\`, "/")
	fail := func(code, format string, args ...any) *document {
		b.fail(p, e.Path()+"/@configSource", code, e.name+": configSource: "+format, args...)
		return nil
	}
	switch first, taken := b.sources[name]; {
	case b.open == nil:
		return fail("", "other files are not read here; put the section into this file")
	case value == "" || value != strings.TrimSpace(value) || path.IsAbs(name) || strings.Contains(value, ":"):
		return fail("Config_source_invalid_format", "use a file name relative to this file, without blanks around it")
	case strings.Contains(value, "/"):
		return fail("Config_source_invalid_chars", `the separator of directories is \`)
	case !fs.ValidPath(path.Clean(name)) || strings.Contains("/"+name+"/", "/../"):
		return fail("Config_source_invalid_format", "the file must lie in the directory of the configuration file or below it")
	case more:
		return fail("Config_source_syntax_error", "the element may have no other attribute and no content")
	case taken:
		return fail("Config_source_cannot_be_shared", "the section at %v reads the same file; give each its own", first)
	case len(b.sources) >= maxSources:
		return fail("", "more than %d files", maxSources)
	}
	b.sources[name] = p
	data, err := b.open(path.Clean(name))
	if err != nil {
		return fail("Config_cannot_open_config_source", "%s", plain(err))
	}
	doc, errs := parseXML(path.Join(filepath.ToSlash(filepath.Dir(b.doc.name)), path.Clean(name)), data)
	if errs != nil {
		b.errs = append(b.errs, errs...)
		return nil
	}
	if doc.root.FullTag() != e.name {
		b.errs = append(b.errs, &Error{
			Pos: doc.pos[doc.root], Path: e.Path(), Code: "Config_source_file_format",
			Text: fmt.Sprintf("the root element must be %s, because %v reads this file", e.name, p),
		})
		return nil
	}
	b.docs = append(b.docs, doc)
	return doc
}
