import { Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSession } from '../../session/use-session.js';
import { Card } from '../../ui/card.js';
import { percent } from '../../words/format.js';
import { flagsQuery } from '../../api/flags.js';
import { layersQuery } from './choices.js';
import type { FormState } from './form-state.js';
import { idOf } from './form.js';

const EVERYWHERE = '';

/** What it is called and about, whose it is, and what it drives. */
export function What({ form, change, errorOf }: FormState) {
  const { session } = useSession();
  return (
    <Card title="What">
      <div className="fields">
        <div className="two">
          <TextInput
            label="Name"
            value={form.name}
            onChange={(event) => change('name', { name: event.currentTarget.value })}
            error={errorOf('name')}
            maxLength={200}
            placeholder="Shorter search page"
          />
          <TextInput
            label="Id"
            description={
              form.id === null ? 'Follows the name until you edit it' : 'For ever; never used again'
            }
            value={idOf(form)}
            onChange={(event) => change('id', { id: event.currentTarget.value || null })}
            error={errorOf('id')}
            classNames={{ input: 'mono' }}
            spellCheck={false}
          />
        </div>
        <Textarea
          label="Hypothesis"
          value={form.hypothesis}
          onChange={(event) => change('hypothesis', { hypothesis: event.currentTarget.value })}
          error={errorOf('hypothesis')}
          maxLength={2000}
          autosize
          minRows={1}
          placeholder="What do you expect, and why?"
        />
        <div className="two">
          <TextInput
            label="Owner"
            description={`You, by your session${session.actor.name === session.actor.id ? '' : `: ${session.actor.name}`}`}
            value={session.actor.id}
            readOnly
          />
          <TagsInput
            label="Tags"
            description="Enter after each"
            value={form.tags}
            onChange={(tags) => change('tags', { tags })}
            error={errorOf('tags')}
            acceptValueOnBlur
          />
        </div>
        <FlagAndLayer {...{ form, change, errorOf }} />
        {(session.environments !== null || form.environment !== null) && (
          <Select
            label="Environment"
            description={session.environments === null ? undefined : 'Your key is for these'}
            data={[
              ...(session.environments === null ? [{ value: EVERYWHERE, label: 'Every environment' }] : []),
              ...[...new Set([...(session.environments ?? []), session.environment])],
            ]}
            value={form.environment ?? EVERYWHERE}
            onChange={(value) => change('environment', { environment: value || null })}
            error={errorOf('environment')}
            allowDeselect={false}
          />
        )}
      </div>
    </Card>
  );
}

function FlagAndLayer({ form, change, errorOf }: FormState) {
  const flags = useQuery(flagsQuery).data ?? [];
  const layers = useQuery(layersQuery).data ?? [];
  const layer = layers.find(({ layer_id }) => layer_id === form.layer);
  return (
    <div className="two">
      <Select
        label="Flag"
        description="What services ask for"
        placeholder="One of its own, with its id"
        data={withOwn(
          flags.map(({ flag_id }) => flag_id),
          form.flag,
        )}
        value={form.flag}
        onChange={(flag) => change('flag', { flag })}
        error={errorOf('flag')}
        searchable
        clearable
        nothingFoundMessage="No flag of this name"
      />
      <div className={form.layer === null ? 'fields' : 'with-share'}>
        <Select
          label="Layer"
          description={
            layer ? `${percent(layer.free)} of it is free` : 'Experiments of one exclude one another'
          }
          placeholder="None: all of its audience"
          data={withOwn(
            layers.map(({ layer_id }) => layer_id),
            form.layer,
          )}
          value={form.layer}
          onChange={(value) => change('layer', { layer: value })}
          error={errorOf('layer')}
          searchable
          clearable
          nothingFoundMessage="No layer of this name"
        />
        {form.layer !== null && (
          <TextInput
            label="Share"
            description="Per cent"
            value={form.layer_share}
            onChange={(event) => change('layer_share', { layer_share: event.currentTarget.value })}
            error={errorOf('layer_share')}
            inputMode="decimal"
          />
        )}
      </div>
    </div>
  );
}

/** The choices, and what was chosen although it is not among them: an imported definition may name anything. */
export function withOwn(choices: readonly string[], chosen: string | readonly string[] | null): string[] {
  return [...new Set([...choices, ...(chosen === null ? [] : [chosen].flat())])];
}
