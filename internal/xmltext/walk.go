package xmltext

// Level says how much of a document is checked (threats 3.2).
type Level uint8

// Levels of xml.check.
const (
	Head       Level = iota // nothing behind the head
	Structure               // the structure of tags, about 1 ns for each octet of dense markup
	WellFormed              // every rule of Scanner
)

// windowSize is what a WellFormed walk takes over at once, in octets.
const windowSize = 8 << 10

// Walk checks the octets that follow a Scanner's position, in constant memory and
// over any division into writes.
//
// A walk that begins inside a root element takes the document for a SOAP envelope
// and the open element of the second level, or an empty one that was just read,
// for its Body: whatever follows Body inside the root, but for blanks and
// comments, is soap.structure. A walk that begins before the root element, which
// is how a message without an envelope is checked, has no such rule. Behind the
// root stand only blanks and comments at both levels.
//
// Structure knows tags, quotes, comments and CDATA, the depth limit, and the names
// of the elements that were open at its start; it refuses document type
// declarations and processing instructions. Names, attributes, references,
// characters and the names of inner end tags it does not look at. It accepts
// whatever WellFormed accepts.
type Walk struct {
	level  Level
	soap   bool  // began inside a root element
	start  int64 // offset of the first octet in the document
	body   int64 // offset of the end tag of Body, -1 when not seen
	err    error
	shape  outline // Structure
	scan   Scanner // WellFormed
	window []byte  // WellFormed: the token being read and what follows
}

// Walk returns a walk that begins at Offset of the data given to Next. It copies
// what it needs: scanner and data may go away.
func (s *Scanner) Walk(l Level) *Walk {
	w := new(Walk)
	w.Reset(s, l)
	return w
}

// Reset makes w what s.Walk(l) returns, with the memory of w.
func (w *Walk) Reset(s *Scanner, l Level) {
	w.level, w.soap, w.err, w.body = l, s.rooted, s.err, -1
	w.start = s.base + int64(s.pos)
	switch l {
	case Head:
	case Structure:
		w.shape.reset(s, w.start)
	case WellFormed:
		s.fork(&w.scan)
		w.window = w.window[:0]
	}
}

// Write checks p. An error is a *refusal.Error whose offset counts from the start
// of the document; every later call returns it again.
func (w *Walk) Write(p []byte) (int, error) {
	switch {
	case w.err != nil:
	case w.level == Structure:
		w.err = w.shape.write(p)
	case w.level == WellFormed:
		for rest := p; len(rest) > 0 && w.err == nil; {
			n := min(len(rest), windowSize)
			w.window = append(w.window, rest[:n]...)
			w.err = w.drain(false)
			rest = rest[n:]
		}
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// Close ends the document and tells whether it is complete.
func (w *Walk) Close() error {
	switch {
	case w.err != nil:
	case w.level == Structure:
		w.err = w.shape.finish()
	case w.level == WellFormed:
		w.err = w.drain(true)
	}
	return w.err
}

// BodyEnd returns the offset, from the start of the walk, of the "</" of Body's
// end tag, once that tag was read. It is false for an empty-element Body, and at
// level Head.
func (w *Walk) BodyEnd() (int64, bool) {
	body := w.body
	if w.level == Structure {
		body = w.shape.body
	}
	return body - w.start, w.soap && body >= 0
}

// drain reads the tokens of the window and keeps the last, incomplete one.
func (w *Walk) drain(eof bool) error {
	s := &w.scan
	for {
		k, err := s.Next(w.window, eof)
		switch {
		case err != nil:
			return err
		case k == End:
			return nil
		case k == More:
			if s.pos > 0 {
				w.window = w.window[:copy(w.window, w.window[s.pos:])]
				s.shift(s.pos)
			}
			return nil
		case k == EndTag:
			if s.depth == 1 && w.soap {
				w.body = s.base + int64(s.tok.Start)
			}
		}
	}
}

// fork makes d a scanner that goes on where s stands, over a window that begins at
// the token that s would read next.
func (s *Scanner) fork(d *Scanner) {
	d.Reset(s.limits)
	d.enc, d.pieces, d.sealed, d.rooted = s.enc, true, s.rooted, s.rooted
	d.first, d.base = s.first, s.base+int64(s.pos)
	d.depth, d.err = s.depth, s.err
	d.names = append(d.names, s.names...)
	decls := s.decls
	if s.empty || s.mode == inTag {
		decls = decls[:s.nDecl]
	}
	outer := 1
	for _, f := range s.frames {
		d.copyDecls(decls[outer:f.decls])
		outer = f.decls
		f.spaces = len(d.spaces)
		d.frames = append(d.frames, f)
	}
	d.copyDecls(decls[outer:])
	for h := range s.table.seen {
		if d.table.seen == nil {
			d.table.seen = make(map[uint64]struct{}, len(s.table.seen))
		}
		d.table.seen[h] = struct{}{}
	}
	d.table.seed, d.table.chars = s.table.seed, s.table.chars
}

func (s *Scanner) copyDecls(decls []Decl) {
	for _, d := range decls {
		from := len(s.spaces)
		s.spaces = append(s.spaces, d.Prefix...)
		middle := len(s.spaces)
		s.spaces = append(s.spaces, d.Space...)
		end := len(s.spaces)
		s.decls = append(s.decls, Decl{s.spaces[from:middle:middle], s.spaces[middle:end:end]})
		s.uses = append(s.uses, use{})
	}
}

// shift tells the scanner that the first n octets of its data are gone.
func (s *Scanner) shift(n int) {
	s.base += int64(n)
	s.pos -= n
	s.at -= n
}
