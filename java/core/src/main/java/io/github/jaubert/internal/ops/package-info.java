/** The operations, a family a file, each with its forward and its backward side by side. */
package io.github.jaubert.internal.ops;
