#include "search/parts.h"

#include <string.h>

static const struct part {
    const char *owner, *name, *help;
} parts[] = {
    {"metric", "name",
     "what the sweep is judged by: loss, accuracy or a metric, after val_ (on the images held out "
     "by validation_split), after test_ or alone (on the training images): {name: val_loss}. In a "
     "list also parameters, or seconds, which are measured, so that another run of tpe or gp may "
     "try other settings"},
    {"metric", "goal", "minimize or maximize (default: what is better of that metric)"},

    {"parameters", "value", "the one value: batch_size: {value: 32}"},
    {"parameters", "values", "a list of them: batch_size: {values: [32, 64, 128]}"},
    {"parameters", "min",
     "with max: a range, both ends included, even over it: dropout: {min: 0, max: 0.5}; of whole "
     "numbers each one: batch_size: {min: 16, max: 64}"},
    {"parameters", "max", "see min"},
    {"parameters", "q",
     "the step of a range, from min on: dropout: {min: 0, max: 0.5, q: 0.1}; a grid takes each of "
     "them. In other distributions values are rounded to multiples of it"},
    {"parameters", "log",
     "true: a range is even in the logarithm of its values, min being above 0: learning_rate: "
     "{min: 0.0001, max: 0.1, log: true} (default: false)"},
    {"parameters", "distribution",
     "the distribution by its name, with its own keys: dropout: {distribution: beta, a: 2, b: 8} "
     "(default: what the other keys say)"},
    {"parameters", "probabilities",
     "how often each of values is drawn, in their order, with the sum 1: batch_size: {values: [32, "
     "64], probabilities: [0.7, 0.3]} (default: all alike); not in a grid"},
    {"parameters", "mu",
     "the mean of a normal distribution, or of a log_normal one's logarithms (default: 0): "
     "dropout: "
     "{distribution: normal, mu: 0.2, sigma: 0.1}"},
    {"parameters", "sigma", "the standard deviation that goes with mu, above 0 (default: 1)"},
    {"parameters", "a",
     "with b: the two shapes of a beta distribution, above 0, whose mean is a / (a + b): dropout: "
     "{distribution: beta, a: 2, b: 8}"},
    {"parameters", "b", "see a"},

    {"layers", "count",
     "how many hidden layers: {value: 2}, {values: [1, 3]} or {min: 1, max: 3}, or a number alone; "
     "0 is none. layers: {count: {min: 1, max: 3}, units: {values: [64, 128]}}"},
    {"layers", "units", "how wide they are: a number, values, or a range or distribution of them"},
    {"layers", "each",
     "true: each layer has a width of its own; false: all have the same (default: false)"},

    {"dataset", "name",
     "which one: a name that `sweep data` lists, a file or folder, or a list of them, of which "
     "the first that is present is used (of --set's lists each is tried): dataset: {name: "
     "./mine.npz}"},
    {"dataset", "values",
     "several, each a name or a mapping with these keys: a hyperparameter like others, which may "
     "stand under parameters as well: dataset: {values: [mnist, fashion_mnist]}. A sweep loads all "
     "of them; scores are ranked and compared within each"},
    {"dataset", "data_format",
     "where the channels of images stand in arrays of four dimensions: channels_last or "
     "channels_first (default: where there are at most 4)"},
    {"dataset", "targets",
     "what is to be learned: classes, or values, which are predicted as numbers (default: classes "
     "where targets are whole numbers from 0 to 255 or one-hot rows, and, of a type of real "
     "numbers, none is missing up to the largest)"},
    {"dataset", "label",
     "the column of a CSV file that is to be learned, by its name, or by its number, counted from "
     "1, where the file has no line of names: dataset: {name: ./house.csv, label: price} (default: "
     "the one called label, class or target, else the first or the last one)"},
    {"dataset", "test_split",
     "the share of the examples that become the test part where there is none, at random, of each "
     "class alike (default: 0.2)"},
    {"dataset", "split_seed", "by which these are drawn (default: 0)"},
    {"dataset", "shuffle",
     "true: the training examples in random order, by split_seed, so that validation_split holds "
     "out examples of all classes where the files have them sorted (default: false)"},
    {"dataset", "normalization",
     "true: each feature of a table, or channel of an image, less its mean and divided by its "
     "standard deviation (at least 1e-7), those of the examples that are trained on, as Keras' "
     "Normalization does that is given their mean and variance; [image, age]: of the inputs of "
     "these names, of which image is the first one "
     "(default: false)"},
    {"dataset", "image_size",
     "[rows, columns] to which pictures are resized, or into which a table's rows of pixels are "
     "cut (default: as they are)"},
    {"dataset", "color_mode", "grayscale or rgb, of pictures (default: as they are)"},

    {"budget", "trials",
     "settings x seeds, at most: with repeats: 3, budget: {trials: 300} tries 100 settings, also "
     "where few of them get all seeds (run_cap is the same; default: 100 settings, of a grid all)"},
    {"budget", "epochs",
     "epochs of all trainings, at most: no more settings are begun than fit, however few are "
     "stopped early (default: no limit)"},
    {"budget", "seconds",
     "seconds of all trainings, each thread's counted: no more settings are begun than fit by what "
     "an epoch took so far, which is not known of the first batch. Times are measured, so that "
     "another run may try more settings or fewer (default: no limit)"},

    {"early_terminate", "type",
     "which trials end early: halving, hyperband, median or race, without further keys as "
     "experiments/04-search advises: early_terminate: {type: halving}"},
    {"early_terminate", "min_iter",
     "the epochs of the first rung; the others are at min_iter * eta, * eta^2 and so on, as W&B's "
     "bands are, median's at every min_iter epochs: {type: hyperband, min_iter: 3} (default: rungs "
     "at 1/9, 2/9 and 5/9 of the epochs, median's at every 1/9)"},
    {"early_terminate", "max_iter",
     "the last epoch that may be a rung with min_iter; without it the rungs are at max_iter / eta, "
     "/ eta^2 and so on, s of them, as W&B's: {type: hyperband, max_iter: 27, s: 2} (default: the "
     "epochs of a training)"},
    {"early_terminate", "s",
     "how many rungs, at most (default: 2 without min_iter, else as many as there are)"},
    {"early_terminate", "eta",
     "how many times further the next rung is, above 1; of halving and hyperband the best 1 / eta "
     "go on (default: 3, as in Hyperband's paper, Li et al. 2018)"},
    {"early_terminate", "keep",
     "the share that goes on at a rung of halving and hyperband, below 1 (default: 1 / eta where "
     "eta is given, else 0.6, which experiments/04-search found better)"},
    {"early_terminate", "finalists",
     "how many of those that come to the last epoch get all seeds, the others have one (default: 2 "
     "% of the settings, at least 5); not of the race"},
    {"early_terminate", "strict",
     "true: of n settings n * keep go on, rounded down as in the papers, else up; of the race: "
     "level is corrected for the number of settings as well (default: false)"},
    {"early_terminate", "level",
     "the race: how often it may drop the best setting, below 0.5 (default: 0.05): {type: race, "
     "level: 0.01}, with repeats: 5 or more"},
};
#define PART_COUNT (sizeof parts / sizeof *parts)

bool parts_at(const char *owner, size_t i, const char **name, const char **help) {
    for (size_t p = 0; p < PART_COUNT; p++)
        if (strcmp(parts[p].owner, owner) == 0 && i-- == 0) {
            *name = parts[p].name;
            *help = parts[p].help;
            return true;
        }
    return false;
}

size_t parts_list(const char *owner, const char *names[PARTS_MAX]) {
    const char *help;
    size_t count = 0;
    while (count < PARTS_MAX && parts_at(owner, count, &names[count], &help))
        count++;
    return count;
}
