// Package base holds the shape of JSON schemas.
package base

import (
	"errors"

	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Info is about a document.
type Info struct {
	Version string
}

// Schema is a JSON schema.
type Schema struct {
	Type                         []string
	Format, Pattern, Description string
	Nullable, ReadOnly           *bool
	MinLength, MaxLength         *int64
	Minimum, Maximum, MultipleOf *float64
	Default                      *yaml.Node
	Enum                         []*yaml.Node
	Required                     []string
	Properties                   *orderedmap.Map[string, *SchemaProxy]
	Items, AdditionalProperties  *SchemaOrBool
	AllOf, OneOf, AnyOf          []*SchemaProxy
	Discriminator                *Discriminator
	Extensions                   *orderedmap.Map[string, *yaml.Node]
}

// GoLow returns nothing: the schema was not read from a text.
func (*Schema) GoLow() *Source { return nil }

// MarshalJSONInline fails.
func (*Schema) MarshalJSONInline() ([]byte, error) { return nil, errors.ErrUnsupported }

// Source is the text of a schema.
type Source struct{}

// Hash is 0.
func (*Source) Hash() uint64 { return 0 }

// SchemaProxy is a reference to a schema.
type SchemaProxy struct{}

// Schema resolves the reference to nothing.
func (*SchemaProxy) Schema() *Schema { return nil }

// SchemaOrBool is a schema, A, or a truth value.
type SchemaOrBool struct {
	A *SchemaProxy
}

// IsA says whether it is a schema.
func (*SchemaOrBool) IsA() bool { return false }

// Discriminator says by which property the variants of a schema are told apart.
type Discriminator struct {
	PropertyName string
	Mapping      *orderedmap.Map[string, string]
}
