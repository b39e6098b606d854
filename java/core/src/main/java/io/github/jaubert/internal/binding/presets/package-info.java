/** What JavaCPP is told when it turns the C headers into Java. */
package io.github.jaubert.internal.binding.presets;
