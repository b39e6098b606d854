/**
 * Tries damaged files in a virtual machine of their own. The tests of several modules compile these
 * sources.
 */
package io.github.jaubert.fuzz;
