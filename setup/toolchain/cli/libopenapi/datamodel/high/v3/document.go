// Package v3 holds the shape of OpenAPI documents.
package v3

import (
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Document describes an API.
type Document struct {
	Info       *base.Info
	Paths      *Paths
	Components *Components
}

// Components are what a document defines once.
type Components struct {
	Schemas *orderedmap.Map[string, *base.SchemaProxy]
}

// Paths are what a server can be asked.
type Paths struct {
	PathItems *orderedmap.Map[string, *PathItem]
}

// PathItem has the operations of a path, by their method.
type PathItem struct {
	Get, Post, Put, Delete, Patch, Head *Operation
}

// Operation is one request.
type Operation struct {
	OperationId, Summary, Description string
	Tags                              []string
	Parameters                        []*Parameter
	RequestBody                       *RequestBody
	Responses                         *Responses
	Deprecated                        *bool
	Extensions                        *orderedmap.Map[string, *yaml.Node]
}

// Parameter is an operation's.
type Parameter struct {
	Name, In, Description string
	Required              *bool
	Schema                *base.SchemaProxy
}

// RequestBody is an operation's.
type RequestBody struct {
	Content *orderedmap.Map[string, *MediaType]
}

// MediaType is one form of a body.
type MediaType struct {
	Schema *base.SchemaProxy
}

// Responses are an operation's, by their status.
type Responses struct {
	Codes   *orderedmap.Map[string, *Response]
	Default *Response
}

// Response is an answer.
type Response struct {
	Description string
	Content     *orderedmap.Map[string, *MediaType]
}
