/** Groups of options that several commands share, and what they make of the values. */
package io.github.jaubert.cli.options;
