// Package libopenapi stands in for the reader of OpenAPI documents of this name, which takes a fifth of all the work of
// building the CLI. Only `pulumi api` reads such a document: it gets an error here. The packages below hold what that
// command is compiled against, without a content.
package libopenapi

import (
	"errors"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// Document is one that was read. There is none.
type Document interface {
	BuildV3Model() (*Model, error)
}

// Model is what a document says.
type Model struct {
	Model v3.Document
}

// NewDocument fails.
func NewDocument([]byte) (Document, error) {
	return nil, errors.New("this pulumi was built for lvs-lab, without `pulumi api`; the official CLI has it")
}
