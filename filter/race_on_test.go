//go:build race

package filter

// raceDetector: a sync.Pool then drops what it likes.
const raceDetector = true
