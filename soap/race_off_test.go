//go:build !race

package soap_test

const raceDetector = false
