/**
 * The command {@code jaubert}: here its commands, one a class, and what is around all of them;
 * below what they are made of, see {@code CommandPackagesTest} for the order.
 */
package io.github.jaubert.cli;
