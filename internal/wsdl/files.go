package wsdl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// reader collects the files of one document.
type reader struct {
	open  func(name string) ([]byte, error) // slash-separated, below the first file's directory
	shown string                            // directory of the first file, for positions
	doc   *Document
	size  int
	seen  map[string]bool
	errs  []error
}

// Load reads a WSDL file and what it imports from its own directory and below.
// The errors in files are *Error, all at once.
func Load(name string) (*Document, error) {
	dir, base := filepath.Split(name)
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, &Error{source.Pos{File: name}, "cannot read the directory: " + plain(err)}
	}
	defer func() { _ = root.Close() }() // nothing was written
	return read(dir, base, func(name string) ([]byte, error) { return openBelow(root, name) })
}

// Parse reads one file in memory, which may not import others. name stands in
// positions.
func Parse(name string, data []byte) (*Document, error) {
	dir, base := filepath.Split(name)
	return read(dir, base, func(n string) ([]byte, error) {
		if n != base {
			return nil, errors.New("imports are read from files only")
		}
		return data, nil
	})
}

func read(dir, base string, open func(string) ([]byte, error)) (*Document, error) {
	r := &reader{open: open, shown: dir, doc: newDocument(), seen: map[string]bool{}}
	r.file(base, source.Pos{File: dir + base})
	if len(r.errs) == 0 {
		r.errs = r.doc.link()
	}
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return r.doc, nil
}

// openBelow opens a regular file inside of root: neither a link that leaves it
// nor a device (T-CFG-01).
func openBelow(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file") // before it is opened: a FIFO would wait
	}
	if err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

func plain(err error) string {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// file reads one file, once; from is where it was asked for.
func (r *reader) file(name string, from source.Pos) {
	if r.seen[name] {
		return
	}
	r.seen[name] = true
	if len(r.seen) > maxFiles {
		r.fail(from, "more than %d files belong to this WSDL", maxFiles)
		return
	}
	data, err := r.open(name)
	if err != nil {
		r.fail(from, "cannot read %s: %s", name, plain(err))
		return
	}
	if r.size += len(data); r.size > maxSize {
		r.fail(from, "the files of this WSDL are larger than 16 MiB together")
		return
	}
	f, err := parseXML(r.shown+filepath.FromSlash(name), data)
	if err != nil {
		r.errs = append(r.errs, err)
		return
	}
	space, tag := f.root.NamespaceURI(), f.root.Tag
	switch {
	case space == nsWSDL && tag == "definitions":
		r.errs = append(r.errs, r.doc.add(f)...)
		r.imports(f, name)
	case space == nsSchema:
		// Imported as a WSDL by some tools; schemas are not read.
	case space == "http://www.w3.org/ns/wsdl":
		r.fail(f.pos[f.root], "this is WSDL 2.0; export the service as WSDL 1.1")
	default:
		r.fail(f.pos[f.root], "the root element is %s; a WSDL 1.1 file begins with definitions in the namespace %s", f.root.FullTag(), nsWSDL)
	}
}

// imports follows wsdl:import. Imports inside of types concern schemas.
func (r *reader) imports(f *file, name string) {
	for _, e := range f.root.ChildElements() {
		if !is(e, nsWSDL, "import") {
			continue
		}
		location := strings.TrimSpace(e.SelectAttrValue("location", ""))
		if location == "" {
			r.fail(f.pos[e], "the import has no location; name the file, or remove it")
			continue
		}
		target, err := below(name, location)
		if err != nil {
			r.fail(f.pos[e], "%v", err)
			continue
		}
		r.file(target, f.pos[e])
	}
}

// below gives the path of an imported file. It stays under the first file's
// directory.
func below(from, location string) (string, error) {
	if strings.ContainsAny(location, ":?#\\%") || strings.HasPrefix(location, "/") {
		return "", errors.New("the import's location is no path of a file beside this one; nothing is fetched: save the document here and write its file name")
	}
	target := path.Join(path.Dir(from), location)
	if !filepath.IsLocal(filepath.FromSlash(target)) {
		return "", errors.New("the import leads out of the directory of the WSDL file; put both below one directory")
	}
	return target, nil
}

func (r *reader) fail(at source.Pos, format string, args ...any) {
	r.errs = append(r.errs, &Error{at, fmt.Sprintf(format, args...)})
}
