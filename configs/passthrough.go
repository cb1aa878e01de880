package configs

// textPassed goes on from the name of an attribute or element.
const textPassed = ": messages pass through as they are, octet for octet, and each client keeps one destination; the two ends check the security"

// passes reports whether e belongs to message security that the assembler lets
// pass through (Security.PassThrough).
func (e *Element) passes() bool {
	for x := e; x != nil && !x.row.owns; x = x.parent {
		if x.name != "security" {
			continue
		}
		if a := x.securityMode(); a != nil && a.passed.Load() {
			return true
		}
	}
	return false
}

// securityMode is the attribute that says what a security element does.
func (e *Element) securityMode() *attr {
	if a := e.attr("mode"); a != nil {
		return a
	}
	return e.attr("authenticationMode")
}

// passedThrough reports whether the attribute is part of what passes through.
func (a *attr) passedThrough() bool {
	if a.row.effective() != VerdictPass && !a.passable() {
		return false
	}
	return a.el.passes()
}

// passable reports whether the effective value is one that may pass through.
func (a *attr) passable() bool {
	v, ok := a.val.(string)
	for _, p := range a.row.passed {
		if ok && p == v {
			return true
		}
	}
	return false
}
