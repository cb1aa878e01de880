package configs

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// netConfiguration is the only namespace that the root may have.
const netConfiguration = "http://schemas.microsoft.com/.NetConfiguration/v2.0"

// LoadFile reads the configuration file at a path of this machine, alone. What
// configSource names must lie in the file's directory or below it; no link
// leads out of there (T-CFG-01).
//
// All errors are given at once as Errors, sorted by position. The File is then
// what could be read; it is good for a report, not for serving.
func LoadFile(name string) (*File, error) { return LoadFileWith(name, LoadOptions{}) }

// LoadFileWith is LoadFile with what stands around the file.
func LoadFileWith(name string, o LoadOptions) (*File, error) { return load(&reader{}, name, o) }

// Load is LoadFile for a file system; name is slash-separated.
func Load(fsys fs.FS, name string) (*File, error) { return LoadWith(fsys, name, LoadOptions{}) }

// LoadWith is LoadFileWith for a file system; all names are slash-separated.
func LoadWith(fsys fs.FS, name string, o LoadOptions) (*File, error) {
	return load(&reader{fsys: fsys}, name, o)
}

// Parse reads a configuration from memory. It refuses configSource.
func Parse(name string, data []byte) (*File, error) { return ParseWith(name, data, LoadOptions{}) }

// ParseWith is Parse with options, of which Parents and Root do not count.
func ParseWith(name string, data []byte, o LoadOptions) (*File, error) {
	b := newBinder(o)
	b.target = split(o.Location)
	b.add(name, data, 0, nil)
	return b.finish(name)
}

func newBinder(o LoadOptions) *binder {
	return &binder{sources: map[string]origin{}, third: map[string]bool{}, alias: map[string]string{}, parsed: map[*attribute]any{}, hosting: o.IIS}
}

// origin is the section that took a file of configSource.
type origin struct {
	at  source.Pos
	doc *document
}

func load(r *reader, name string, o LoadOptions) (*File, error) {
	defer r.close()
	b := newBinder(o)
	b.chain(r, name, o)
	if o.IIS != nil {
		if fsys, err := r.under(r.dir(name)); err == nil {
			with := *o.IIS
			with.Activations = slices.Concat(o.IIS.Activations, serviceFiles(fsys, r.dir(name)))
			b.hosting = &with
		}
	}
	return b.finish(name)
}

// chain reads the file and everything around it, outermost first.
func (b *binder) chain(r *reader, name string, o LoadOptions) {
	home := r.segments(r.dir(name))
	top := len(home)
	levels := make([]int, len(o.Parents)) // by directory; -1 = not above the file
	for i, p := range o.Parents {
		dir := r.segments(r.dir(p))
		levels[i] = -1
		if len(dir) <= len(home) && slices.Equal(dir, home[:len(dir)]) {
			levels[i] = len(dir)
			top = min(top, len(dir))
		}
	}
	root := len(home)
	if o.Root != "" {
		dir := r.segments(o.Root)
		if len(dir) > len(home) || !slices.Equal(dir, home[:len(dir)]) {
			b.errs = append(b.errs, &Error{
				Pos: source.Pos{File: name}, Code: "root-not-above", Text: "the file does not lie in the directory given as root, or below it; name another root",
			})
		} else {
			root = len(dir)
			top = min(top, root)
		}
	}
	b.target = slices.Concat(home[top:], split(o.Location))
	if o.ChildApplication {
		b.application = len(home) - top
	}
	for i, p := range o.Parents {
		b.read(r, p, max(levels[i]-top, -1))
	}
	if root < len(home) {
		b.walk(r, o.Root, home[root:], root-top)
	}
	b.read(r, name, len(home)-top)
	if o.Location != "" {
		b.nested(r, r.dir(name), split(o.Location), len(home)-top)
	}
}

// walk reads the web.config of the directories from root down to above the
// file's.
func (b *binder) walk(r *reader, root string, below []string, level int) {
	fsys, err := r.under(root)
	if err != nil {
		b.errs = append(b.errs, &Error{Pos: source.Pos{File: root}, Code: "cannot-read", Text: plain(err)})
		return
	}
	for i := range below {
		b.web(r, fsys, root, path.Join(below[:i]...), level+i)
	}
}

// nested reads the web.config files of the chosen directory and of those between.
func (b *binder) nested(r *reader, dir string, below []string, level int) {
	fsys, err := r.under(dir)
	if err != nil {
		return // the file itself has been reported
	}
	for i := range below {
		b.web(r, fsys, dir, path.Join(below[:i+1]...), level+i+1)
	}
}

func (b *binder) web(r *reader, fsys fs.FS, root, rel string, level int) {
	found := webConfig(fsys, rel)
	if found == "" {
		return
	}
	name := r.join(root, filepath.FromSlash(rel), found)
	data, err := readRegular(fsys, path.Join(rel, found))
	if err != nil {
		b.errs = append(b.errs, &Error{Pos: source.Pos{File: name}, Code: "cannot-read", Text: plain(err)})
		return
	}
	b.add(name, data, level, func(s string) ([]byte, error) { return readRegular(fsys, path.Join(rel, s)) })
}

func (b *binder) read(r *reader, name string, level int) {
	data, err := r.read(name)
	if err != nil {
		b.errs = append(b.errs, &Error{Pos: source.Pos{File: name}, Code: "cannot-read", Text: plain(err)})
		return
	}
	fsys, err := r.under(r.dir(name))
	if err != nil {
		b.errs = append(b.errs, &Error{Pos: source.Pos{File: name}, Code: "cannot-read", Text: plain(err)})
		return
	}
	b.add(name, data, level, func(rel string) ([]byte, error) { return readRegular(fsys, rel) })
}

// add takes a file into the chain, unless it is no configuration at all.
func (b *binder) add(name string, data []byte, level int, open func(string) ([]byte, error)) {
	doc, errs := parseXML(name, data)
	b.errs = append(b.errs, errs...)
	if doc == nil {
		return
	}
	doc.level, doc.open = level, open
	b.doc = doc
	b.docs = append(b.docs, doc)
	if b.checkRoot() {
		b.files = append(b.files, doc)
	}
}

// finish binds and resolves what was read.
func (b *binder) finish(name string) (*File, error) {
	if len(b.files) == 0 {
		b.files = []*document{emptyDocument(name)}
	}
	f := b.file(name)
	if len(b.errs) > 0 {
		b.errs.sort()
		return f, b.errs.once()
	}
	return f, nil
}

// emptyDocument stands for a file that could not be read, so that a report of
// everything else is still possible.
func emptyDocument(name string) *document {
	root := etree.NewElement("configuration")
	return &document{
		name: name, root: root, pos: map[*etree.Element]source.Pos{root: {File: name, Line: 1, Column: 1}},
		attrs: map[*etree.Element][]source.Pos{}, text: map[*etree.Element]source.Pos{},
	}
}

// strangers are the roots of files that the names of configuration files often
// sweep up.
var strangers = map[string]string{
	"packages": "a list of NuGet packages (packages.config)", "package": "a NuGet package description", "Project": "a project of MSBuild",
	"ClusterManifest": "a cluster manifest of Service Fabric", "ApplicationManifest": "an application manifest of Service Fabric",
	"ServiceManifest": "a service manifest of Service Fabric", "assembly": "an assembly manifest", "nlog": "a configuration of NLog",
	"log4net": "a configuration of log4net", "definitions": "a WSDL file", "wsdl:definitions": "a WSDL file", "schema": "an XML schema",
	"xs:schema": "an XML schema", "xsd:schema": "an XML schema", "svcutil": "a file of svcutil", "html": "a web page",
}

// checkRoot refuses what is no configuration file of a service.
func (b *binder) checkRoot() bool {
	root := b.doc.root
	p := b.doc.pos[root]
	tag := root.FullTag()
	for _, a := range root.Attr {
		if a.Value == "http://schemas.microsoft.com/XML-Document-Transform" {
			b.fail(p, "", "transform-file", "this is a transform file (Web.Release.config style); apply it to its web.config first")
			return false
		}
	}
	if tag != "configuration" {
		what, known := strangers[tag]
		switch {
		case known:
			what = "this is " + what + ", not a configuration of a service; "
		case slices.Contains(append(schemaServiceModel.childNames(), "system.serviceModel"), tag):
			what = "this is a part of a configuration, which another file names in configSource; "
		case strings.EqualFold(tag, "configuration"):
			what = "names are case-sensitive; "
		}
		b.fail(p, "", "Config_file_doesnt_have_root_configuration",
			"the root element is %s, and must be configuration; %sname the web.config or app.config of the service", tag, what)
		return false
	}
	if ns := root.SelectAttrValue("xmlns", ""); ns != "" && ns != netConfiguration {
		b.fail(p, "", "Config_namespace_invalid", "the root element has the namespace %s; remove the xmlns attribute", quote(ns))
		return false
	}
	if what := foreign(root); what != "" {
		b.fail(p, "", "not-a-service-configuration", "this is %s, not a configuration of a service; name the web.config or app.config of the service", what)
		return false
	}
	return true
}

// foreign recognises configurations of other programs by their sections.
func foreign(root *etree.Element) string {
	if root.SelectElement("system.serviceModel") != nil {
		return ""
	}
	for _, c := range root.ChildElements() {
		switch c.Tag {
		case "packageSources", "packageRestore", "activePackageSource":
			return "a configuration of NuGet (NuGet.config)"
		case "system.applicationHost":
			return "the configuration of IIS (applicationHost.config)"
		case "system.serviceModel.activation":
			return "the configuration of the port sharing service (SMSvcHost.exe.config)"
		}
	}
	return ""
}

// file binds the sections and builds the model.
func (b *binder) file(name string) *File {
	mine, others := b.scopes()
	for _, s := range mine {
		b.doc = s.doc
		for _, n := range s.nodes {
			if n.FullTag() == "system.serviceModel" {
				b.extensions(n)
			}
		}
	}
	f := &File{Name: name}
	rows := []*element{schemaServiceModel, schemaWeb, schemaWebServer, schemaTracing, schemaAppSettings}
	for _, row := range rows {
		f.roots = append(f.roots, b.tree(mine, row))
	}
	b.vain()
	b.common(f.roots[0])
	b.doc = b.files[len(b.files)-1]
	m := &modeler{b: b, f: f}
	m.build(f.roots[0], f.roots[1], f.roots[2], f.roots[3:]...)
	m.resolve()
	b.away(f, others)
	b.emptiness(f)
	f.findings, f.docs = b.findings, b.docs
	for _, d := range b.docs {
		f.Comments = append(f.Comments, d.comments...)
	}
	return f
}

// emptiness says so when there is nothing to serve.
func (b *binder) emptiness(f *File) {
	if f.roots[0].written || len(b.errs) > 0 {
		return
	}
	b.note(Finding{
		Pos: b.doc.pos[b.doc.root], Path: "configuration", Effect: Warning, Code: "no-service-model",
		Text: "configuration: the file has no system.serviceModel for this directory; name the file that holds the services",
	})
}

// protective binds only the elements that the table lists: outside of
// system.serviceModel everything else is none of Viaduct's business.
func (b *binder) protective(e *Element, n *etree.Element) {
	for _, c := range n.ChildElements() {
		row := e.row.lookup(c.FullTag())
		if row == nil {
			if near := source.Nearest(c.FullTag(), e.row.childNames()); near != "" && (e.row == schemaWeb || e.row == schemaWebServer) {
				b.fail(b.doc.pos[c], e.Path()+"/"+c.FullTag(), "Config_base_unrecognized_element", "%s: unknown element %s%s",
					e.label(), c.FullTag(), didYouMean(c.FullTag(), e.row.childNames()))
			}
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
				x.attrs = append(x.attrs, y)
				b.parse(x, y)
			} else if near := source.Nearest(a.FullKey(), row.attrNames()); near != "" {
				b.fail(b.doc.attrs[c][i], x.Path()+"/@"+a.FullKey(), "Config_base_unrecognized_attribute", "%s: unknown attribute %s%s",
					x.label(), a.FullKey(), didYouMean(a.FullKey(), row.attrNames()))
			}
		}
		b.defaults(x)
		b.protective(x, c)
		b.imply(x)
	}
}

// configSource follows the attribute of that name. It gives the other file, or
// nil when the section stands here or could not be read.
func (b *binder) configSource(e *Element) *document {
	n := e.node
	for i, a := range n.Attr {
		p := b.doc.attrs[n][i]
		switch a.FullKey() {
		case "configProtectionProvider":
			b.fail(p, e.Path(), "unsupported-encrypted-section", "%s is encrypted%s", e.name, adviceDecrypt)
		case "configBuilders":
			b.fail(p, e.Path(), "unsupported-config-builders", "%s is filled in by configBuilders at run time; write the values in full", e.name)
		case "configSource":
			return b.follow(e, a.Value, p, len(n.Attr) > 1 || len(n.ChildElements()) > 0)
		}
	}
	return nil
}

func (b *binder) follow(e *Element, value string, p source.Pos, more bool) *document {
	name := strings.ReplaceAll(value, `\`, "/")
	full := path.Join(filepath.ToSlash(filepath.Dir(b.doc.name)), path.Clean(name))
	fail := func(code, format string, args ...any) *document {
		b.fail(p, e.Path()+"/@configSource", code, e.name+": configSource: "+format, args...)
		return nil
	}
	switch first, taken := b.sources[full]; {
	case b.doc.open == nil:
		return fail("config-source-unavailable", "other files are not read here; put the section into this file")
	case value == "" || value != strings.TrimSpace(value) || path.IsAbs(name) || strings.Contains(value, ":"):
		return fail("Config_source_invalid_format", "use a file name relative to this file, without blanks around it")
	case strings.Contains(value, "/"):
		return fail("Config_source_invalid_chars", `the separator of directories is \`)
	case !fs.ValidPath(path.Clean(name)) || strings.Contains("/"+name+"/", "/../"):
		return fail("Config_source_invalid_format", "the file must lie in the directory of the configuration file or below it")
	case more:
		return fail("Config_source_syntax_error", "the element may have no other attribute and no content")
	case taken && first.doc != b.doc:
		return fail("Config_source_parent_conflict", "the outer file reads it at %v; give each its own", first.at)
	case taken:
		return fail("Config_source_cannot_be_shared", "the section at %v reads the same file; give each its own", first.at)
	case len(b.sources) >= maxSources:
		return fail("config-source-too-many", "more than %d files", maxSources)
	}
	b.sources[full] = origin{at: p, doc: b.doc}
	data, err := b.doc.open(path.Clean(name))
	if err != nil {
		return fail("Config_cannot_open_config_source", "%s", plain(err))
	}
	doc, errs := parseXML(full, data)
	b.errs = append(b.errs, errs...)
	if doc == nil {
		return nil
	}
	if doc.root.FullTag() != e.name {
		b.errs = append(b.errs, &Error{
			Pos: doc.pos[doc.root], Path: e.Path(), Code: "Config_source_file_format",
			Text: fmt.Sprintf("the root element must be %s, because %v reads this file", e.name, p),
		})
		return nil
	}
	for i, a := range doc.root.Attr {
		if slices.Contains(sectionAttributes, a.FullKey()) {
			b.fail(doc.attrs[doc.root][i], e.Path()+"/@"+a.FullKey(), "Config_source_syntax_error",
				"%s: %s is not legal here; this file itself is what a configSource names", e.name, a.FullKey())
		}
	}
	b.docs = append(b.docs, doc)
	return doc
}
