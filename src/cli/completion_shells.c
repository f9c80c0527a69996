#include "cli/completion.h"

#include "base/text.h"

#include <string.h>

/* A help text's beginning, as a label: without what is in parentheses or after a colon. */
static int label_length(const char *help) {
    size_t length = strcspn(help, ";:(");
    while (length > 0 && help[length - 1] == ' ')
        length--;
    return (int)length;
}

/* In single quotes for a shell; `escape` is what stands for a single quote within. */
static void append_quoted(struct text *script, const char *string, int length, const char *escape) {
    text_append(script, "'");
    for (int i = 0; i < length; i++) {
        if (string[i] == '\'')
            text_append(script, escape);
        else
            text_append_bytes(script, &string[i], 1);
    }
    text_append(script, "'");
}

/* The argument's words with a separator between them. */
static void append_words(struct text *script, const struct completion_argument *argument,
                         const char *separator) {
    struct text words;
    text_init(&words);
    if (argument->words)
        argument->words(argument->name, &words);
    for (const char *word = words.data; *word;) {
        const size_t length = strcspn(word, "\n");
        text_append(script, word > words.data ? separator : "");
        text_append_bytes(script, word, length);
        word += length + (word[length] == '\n');
    }
    script->failed |= words.failed;
    text_release(&words);
}

/* bash: one function that takes apart the line; a table of cases by command and option. */

static const char *const bash_files[] = {[COMPLETE_NO_FILES] = "none",
                                         [COMPLETE_FILES] = "files",
                                         [COMPLETE_FOLDERS] = "folders",
                                         [COMPLETE_CONFIGS] = "configs"};

static const char bash_head[] =
    "# sweep's completions for bash, made by `sweep completions bash`.\n"
    "_sweep() {\n"
    "    local word words=() joined= current option= value prefix= command=\n"
    "    local options= files=none list= position=0 i\n"
    "    # readline takes --set epochs=3 for three words after --set: put them together again.\n"
    "    for word in \"${COMP_WORDS[@]:0:COMP_CWORD+1}\"; do\n"
    "        if [[ $joined || $word == = && ${#words[@]} -gt 0 ]]; then\n"
    "            words[${#words[@]}-1]+=$word\n"
    "            joined=\n"
    "            [[ $word == = ]] && joined=yes\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "    current=${words[${#words[@]}-1]} value=$current\n"
    "    [[ ${#words[@]} -gt 2 ]] && command=${words[1]}\n"
    "    if [[ $current == --*=* ]]; then\n"
    "        option=${current%%=*} value=${current#*=} prefix=$option=\n"
    "    elif [[ ${#words[@]} -gt 2 && ${words[${#words[@]}-2]} == -* ]]; then\n"
    "        option=${words[${#words[@]}-2]}\n"
    "    fi\n"
    "    case $command in\n";

static const char bash_tail[] =
    "    esac\n"
    "    COMPREPLY=()\n"
    "    if [[ ! $prefix && $current == -* && $option != takes ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
    "        [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace "
    "2>/dev/null\n"
    "        return\n"
    "    fi\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$list\" -P \"$prefix\" -- \"$value\")\n"
    "    case $files in\n"
    "        files) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$value\") ;;\n"
    "        folders) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$value\") ;;\n"
    "        configs)\n"
    "            mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- \"$value\"\n"
    "                compgen -f -X '!*.yml' -- \"$value\"\n"
    "                compgen -d -- \"$value\")\n"
    "            while IFS= read -r word; do\n"
    "                [[ $word == \"$value\"* ]] && COMPREPLY+=(\"$word\")\n"
    "            done < <(\"${words[0]}\" completions configs 2>/dev/null) ;;\n"
    "    esac\n"
    "    [[ $files != none ]] && compopt -o filenames 2>/dev/null\n"
    "    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null\n"
    "    # readline replaces only what stands after the last =.\n"
    "    if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then\n"
    "        prefix=${current%\"${current##*=}\"}\n"
    "        for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do\n"
    "            COMPREPLY[i]=${COMPREPLY[i]#\"$prefix\"}\n"
    "        done\n"
    "    fi\n"
    "}\n"
    "complete -F _sweep sweep\n";

static void append_bash_argument(struct text *script, const struct completion_argument *argument) {
    text_printf(script, "files=%s list='", bash_files[argument->files]);
    append_words(script, argument, " ");
    text_append(script, "'");
}

/* "--data-dir|-D", as a case's pattern. */
static void append_bash_pattern(struct text *script, const struct option *option) {
    text_printf(script, "--%s", option->name);
    if (option->letter)
        text_printf(script, "|-%c", option->letter);
}

/* What is completed where no option is: the arguments without a name, by their place. */
static void append_bash_places(struct text *script, const struct command *command,
                               const struct option *const *options, size_t count) {
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        if (options[i]->name)
            continue;
        const struct completion_argument argument = completion_argument(command, options[i]);
        if (place++ == 0)
            text_append(script, "                *) case $position in\n");
        if (options[i]->kind == OPTION_LIST)
            text_append(script, "                    *) ");
        else
            text_printf(script, "                    %zu) ", place);
        append_bash_argument(script, &argument);
        text_append(script, " ;;\n");
    }
    text_append(script, place > 0 ? "                esac ;;\n" : "");
}

static void append_bash_options(struct text *script, const struct option *const *options,
                                size_t count) {
    const char *separator = "";
    text_append(script, "            options='");
    for (size_t i = 0; i < count; i++) {
        if (!options[i]->name)
            continue;
        text_printf(script, "%s--%s%s", separator, options[i]->name,
                    options[i]->argument ? "=" : "");
        if (options[i]->letter)
            text_printf(script, " -%c", options[i]->letter);
        separator = " ";
    }
    text_append(script, "'\n");
}

/* Where the word stands among the arguments without a name. */
static void append_bash_position(struct text *script, const struct option *const *options,
                                 size_t count) {
    text_append(script, "            for ((i = 2; i < ${#words[@]}; i++)); do\n"
                        "                [[ ${words[i]} == -* && $i -lt $((${#words[@]} - 1)) ]] "
                        "|| position=$((position + 1))\n"
                        "                case ${words[i]} in\n                    -");
    for (size_t i = 0; i < count; i++)
        if (options[i]->name && options[i]->argument) {
            text_append(script, "|");
            append_bash_pattern(script, options[i]);
        }
    text_append(script, ") i=$((i + 1)) ;;\n                esac\n            done\n");
}

static void append_bash_command(struct text *script, const struct command *command) {
    const struct option *options[COMMAND_OPTIONS_MAX];
    const size_t count = command_options(command, options);
    text_printf(script, "        %s)\n", command->name);
    append_bash_options(script, options, count);
    append_bash_position(script, options, count);
    text_append(script, "            case $option in\n");
    for (size_t i = 0; i < count; i++) {
        if (!options[i]->name || !options[i]->argument)
            continue;
        const struct completion_argument argument = completion_argument(command, options[i]);
        text_append(script, "                ");
        append_bash_pattern(script, options[i]);
        text_append(script, ") option=takes ");
        append_bash_argument(script, &argument);
        text_append(script, " ;;\n");
    }
    append_bash_places(script, command, options, count);
    text_append(script, "            esac ;;\n");
}

static void append_bash(struct text *script) {
    text_append(script, bash_head);
    text_append(script, "        ''|help)\n            list='help");
    for (size_t i = 0; i < command_count; i++)
        text_printf(script, " %s", commands[i]->name);
    text_append(script, "'\n            options='--help --version -h -V' ;;\n");
    for (size_t i = 0; i < command_count; i++)
        append_bash_command(script, commands[i]);
    text_append(script, bash_tail);
}

/* zsh: _arguments, a call for each command. */

static const char *const zsh_files[] = {[COMPLETE_NO_FILES] = "",
                                        [COMPLETE_FILES] = "_files; ",
                                        [COMPLETE_FOLDERS] = "_files -/; ",
                                        [COMPLETE_CONFIGS] = "_sweep_configs; "};

/* Within a specification: [label] and :name: end at these. */
static void append_zsh_text(struct text *script, const char *string, int length) {
    for (int i = 0; i < length; i++) {
        if (strchr("[]:\\", string[i]))
            text_append(script, "\\");
        if (string[i] == '\'')
            text_append(script, "'\\'");
        text_append_bytes(script, &string[i], 1);
    }
}

static void append_zsh_argument(struct text *script, const struct completion_argument *argument) {
    text_append(script, ":");
    append_zsh_text(script, argument->name, (int)strlen(argument->name));
    text_append(script, ":{");
    if (argument->words) {
        text_append(script, "_sweep_words ");
        append_words(script, argument, " ");
        text_append(script, "; ");
    }
    text_append(script, zsh_files[argument->files]);
    text_append(script, "}");
}

static void append_zsh_option(struct text *script, const struct command *command,
                              const struct option *option) {
    const char *equals = option->argument ? "=" : "";
    if (option->letter)
        text_printf(script, "(-%c --%s)'{'-%c%s',--%s%s}'[", option->letter, option->name,
                    option->letter, option->argument ? "+" : "", option->name, equals);
    else
        text_printf(script, "--%s%s[", option->name, equals);
    append_zsh_text(script, option->help, label_length(option->help));
    text_append(script, "]");
    if (option->argument) {
        const struct completion_argument argument = completion_argument(command, option);
        append_zsh_argument(script, &argument);
    }
}

static void append_zsh_command(struct text *script, const struct command *command) {
    const struct option *options[COMMAND_OPTIONS_MAX];
    const size_t count = command_options(command, options);
    size_t place = 0;
    text_printf(script, "        %s)\n            _arguments -s", command->name);
    for (size_t i = 0; i < count; i++) {
        text_append(script, " \\\n                '");
        if (options[i]->name) {
            append_zsh_option(script, command, options[i]);
        } else {
            const struct completion_argument argument = completion_argument(command, options[i]);
            place++;
            if (options[i]->kind == OPTION_LIST)
                text_append(script, "*");
            else
                text_printf(script, "%zu", place);
            append_zsh_argument(script, &argument);
        }
        text_append(script, "'");
    }
    text_append(script, " ;;\n");
}

static void append_zsh(struct text *script) {
    text_append(script, "#compdef sweep\n"
                        "# sweep's completions for zsh, made by `sweep completions zsh`.\n"
                        "_sweep_words() {\n"
                        "    # What ends in = goes on with a value.\n"
                        "    compadd -S '' -- ${(M)@:#*=}\n"
                        "    compadd -- ${@:#*=}\n"
                        "}\n"
                        "_sweep_configs() {\n"
                        "    _files -g \"*.(yaml|yml)\"\n"
                        "    compadd -- ${(f)\"$(${(Q)program} completions configs "
                        "2>/dev/null)\"}\n"
                        "}\n"
                        "_sweep() {\n"
                        "    local program=$words[1]\n"
                        "    local -a commands\n"
                        "    if ((CURRENT == 2)); then\n"
                        "        commands=(\n");
    for (size_t i = 0; i < command_count; i++) {
        text_printf(script, "            '%s:", commands[i]->name);
        append_zsh_text(script, commands[i]->help, (int)strlen(commands[i]->help));
        text_append(script, "'\n");
    }
    text_append(script, "        )\n"
                        "        _describe command commands\n"
                        "        compadd -- help --help --version\n"
                        "        return\n"
                        "    fi\n"
                        "    shift words\n"
                        "    ((CURRENT--))\n"
                        "    case $words[1] in\n"
                        "        help)\n            compadd --");
    for (size_t i = 0; i < command_count; i++)
        text_printf(script, " %s", commands[i]->name);
    text_append(script, " ;;\n");
    for (size_t i = 0; i < command_count; i++)
        append_zsh_command(script, commands[i]);
    text_append(script, "    esac\n"
                        "}\n"
                        "if [[ $funcstack[1] == _sweep ]]; then\n"
                        "    _sweep \"$@\"\n"
                        "else\n"
                        "    compdef _sweep sweep\n"
                        "fi\n");
}

/* fish: a line for each option. */

static const char *const fish_files[] = {[COMPLETE_NO_FILES] = NULL,
                                         [COMPLETE_FILES] = NULL,
                                         [COMPLETE_FOLDERS] = "(__fish_complete_directories)",
                                         [COMPLETE_CONFIGS] =
                                             "(__fish_complete_suffix .yaml) "
                                             "(type -q sweep; and sweep completions configs "
                                             "2>/dev/null)"};

static void append_fish_argument(struct text *script, const struct completion_argument *argument) {
    text_append(script, argument->files == COMPLETE_FILES ? " -F" : " -f");
    if (!argument->words && !fish_files[argument->files])
        return;
    text_append(script, " -a '");
    append_words(script, argument, " ");
    if (fish_files[argument->files])
        text_printf(script, "%s%s", argument->words ? " " : "", fish_files[argument->files]);
    text_append(script, "'");
}

/* A line for an option, or for what stands where none is. */
static void append_fish_option(struct text *script, const struct command *command,
                               const struct option *option) {
    text_printf(script, "complete -c sweep -n '__fish_seen_subcommand_from %s'", command->name);
    if (option->name)
        text_printf(script, " -l %s", option->name);
    if (option->letter)
        text_printf(script, " -s '%c'", option->letter);
    if (option->argument) {
        const struct completion_argument argument = completion_argument(command, option);
        text_append(script, option->name ? " -r" : "");
        append_fish_argument(script, &argument);
    }
    if (option->name) {
        text_append(script, " -d ");
        append_quoted(script, option->help, label_length(option->help), "\\'");
    }
    text_append(script, "\n");
}

static void append_fish_command(struct text *script, const struct command *command) {
    const struct option *options[COMMAND_OPTIONS_MAX];
    const size_t count = command_options(command, options);
    bool places = false;
    text_printf(script, "complete -c sweep -f -n __fish_use_subcommand -a %s -d ", command->name);
    append_quoted(script, command->help, (int)strlen(command->help), "\\'");
    text_append(script, "\n");
    for (size_t i = 0; i < count; i++) {
        append_fish_option(script, command, options[i]);
        places |= !options[i]->name;
    }
    if (!places)
        text_printf(script, "complete -c sweep -n '__fish_seen_subcommand_from %s' -f\n",
                    command->name);
}

static void append_fish(struct text *script) {
    text_append(script, "# sweep's completions for fish, made by `sweep completions fish`.\n"
                        "complete -c sweep -f -n __fish_use_subcommand -l version -s V"
                        " -d 'Print program version'\n"
                        "complete -c sweep -f -n __fish_use_subcommand -l help -s h"
                        " -d 'Give this help list'\n");
    for (size_t i = 0; i < command_count; i++)
        append_fish_command(script, commands[i]);
}

static const struct {
    const char *name;
    void (*append)(struct text *script);
} shells[] = {{"bash", append_bash}, {"zsh", append_zsh}, {"fish", append_fish}};

const char *completion_shell(size_t i) {
    return i < sizeof shells / sizeof *shells ? shells[i].name : NULL;
}

void completion_append(size_t shell, struct text *script) {
    shells[shell].append(script);
}
