/* A value by itself, where a mapping such as {value: X} belongs: how that is written. */
#include "search/scalar.h"
#include "search/spec.h"

bool spec_is_bare(const struct node *spec, const struct hyperparameter *of) {
    if (spec->kind != NODE_MAPPING)
        return true;
    if (spec->count == 0 || spec_is(spec) || spec->keys[0]->kind != NODE_SCALAR)
        return false;
    const char *first = spec->keys[0]->text;
    if (of->type == VALUE_WEIGHTS)
        return *first >= '0' && *first <= '9';
    if (of->type == VALUE_COMPONENTS &&
        (component_find(of->family, first) ||
         (of->family->usual && argument_find(&of->family->usual->arguments, first))))
        return true;
    return (of->type == VALUE_COMPONENTS || of->type == VALUE_NAME) && node_at(spec, "name");
}

/* 5 or [5, 10], where {value: 5} or {values: [5, 10]} belongs. */
static enum status fail_no_mapping(const struct reading *reading, const struct node *spec,
                                   const char *name) {
    const struct hyperparameter *of = hyperparameter_find(name);
    char described[80], piece[128], hint[128];
    enum status status = reading_fail(
        reading, spec, "%s: %s, where a mapping belongs; write {value: ...} or {values: [...]}",
        name, node_describe(spec, described, sizeof described));
    const bool list =
        spec->kind == NODE_SEQUENCE && (!of || !hyperparameter_is_list(of) ||
                                        (spec->count > 0 && spec->items[0]->kind == NODE_SEQUENCE));
    const bool item = of && hyperparameter_is_list(of) && spec->kind == NODE_SCALAR;
    if (!*scalar_hint(spec, hint, sizeof hint) &&
        reading_piece(reading, spec, piece, sizeof piece) && piece[0] && piece[0] != '-')
        reading_correct(reading, spec,
                        list   ? "{values: %s}"
                        : item ? "{value: [%s]}"
                               : "{value: %s}",
                        piece);
    return status;
}

/* {monitor: val_loss}, where {value: {monitor: val_loss}} belongs. */
static enum status fail_mapping(const struct reading *reading, const struct node *spec,
                                const char *name) {
    struct text text;
    enum status status = reading_fail(
        reading, spec, "%s: a value belongs behind value: or values:; write {value: {...}}", name);
    text_init(&text);
    if (reading_append_flow(reading, spec, &text))
        reading_correct(reading, spec, "{value: %s}", text.data);
    text_release(&text);
    return status;
}

enum status spec_fail_bare(const struct reading *reading, const struct node *spec,
                           const char *name) {
    return spec->kind == NODE_MAPPING ? fail_mapping(reading, spec, name)
                                      : fail_no_mapping(reading, spec, name);
}
