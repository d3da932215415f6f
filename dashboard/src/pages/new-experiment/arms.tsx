import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { armColour, armGlyph } from '../../ui/arm.js';
import { Card } from '../../ui/card.js';
import { Icon } from '../../ui/icon.js';
import type { FormState } from './form-state.js';
import { evenShares, trafficOf, withArm, type ArmFields } from './form.js';

/** The variants, their shares of the people, and what the code gets of each. */
export function Arms(state: FormState) {
  const { form, change, errorOf } = state;
  const sum = trafficOf(form.arms);
  const isWrong = sum !== null && sum !== 100;
  const others = errorOf('arms');
  return (
    <Card
      title="Arms"
      tools={
        <button
          type="button"
          className="link"
          onClick={() => change('arms', { arms: evenShares(form.arms) })}
        >
          Share evenly
        </button>
      }
    >
      <div className="arm-fields">
        {form.arms.map((arm, index) => (
          <ArmRow key={arm.key} {...state} arm={arm} index={index} isSumWrong={isWrong} />
        ))}
        <div className="arm-sum">
          <button
            type="button"
            className="link"
            onClick={() => change('arms', withArm(form))}
            disabled={form.arms.length >= 20}
          >
            Add an arm
          </button>
          <span className={isWrong ? 'is-harm' : 'muted'}>
            <b>{sum ?? '–'}</b> % in all
          </span>
        </div>
      </div>
      {isWrong ? (
        <p className="error" role="status">
          <Icon name="warn" />
          <span>
            The arms add up to {sum}; make it 100. <Mend {...state} sum={sum} />
          </span>
        </p>
      ) : (
        others !== undefined && (
          <p className="error" role="status">
            <Icon name="warn" />
            <span>{others}</span>
          </p>
        )
      )}
    </Card>
  );
}

/** Gives what is missing to the last arm, or takes it from there, where that can be. */
function Mend({ form, change, sum }: FormState & { sum: number }) {
  const last = form.arms.at(-1)!;
  const missing = Math.round((100 - sum) * 100) / 100;
  const share = Math.round((Number(last.traffic) + missing) * 100) / 100;
  if (!(share > 0 && share < 100)) return null;
  const arms = form.arms.map((arm) => (arm === last ? { ...arm, traffic: String(share) } : arm));
  return (
    <button type="button" className="link" onClick={() => change('arms', { arms })}>
      {missing > 0 ? `Give ${missing} to ${last.name}` : `Take ${-missing} from ${last.name}`}
    </button>
  );
}

interface RowProps extends FormState {
  arm: ArmFields;
  index: number;
  isSumWrong: boolean;
}

function ArmRow({ form, change, errorOf, arm, index, isSumWrong }: RowProps) {
  const [isOpen, setIsOpen] = useState(arm.config !== '');
  const isControl = arm.key === form.control;
  const set = (part: Partial<ArmFields>, field: string): void =>
    change(`arms.${index}.${field}`, {
      arms: form.arms.map((one) => (one === arm ? { ...one, ...part } : one)),
    });
  const remove = (): void => {
    const arms = form.arms.filter((one) => one !== arm);
    change('arms', { arms, control: isControl ? arms[0]!.key : form.control });
  };
  const title = arm.name === '' ? `arm ${index + 1}` : arm.name;
  const number = isControl ? 0 : 1 + form.arms.filter(({ key }) => key !== form.control).indexOf(arm);
  const config = errorOf(`arms.${index}.config`);
  return (
    <div className="arm-row">
      <svg className="g" viewBox="0 0 10 10" width={10} height={10} aria-hidden="true">
        <path d={armGlyph(number)} fill={armColour(number)} />
      </svg>
      <TextInput
        aria-label={`Name of ${title}`}
        value={arm.name}
        onChange={(event) => set({ name: event.currentTarget.value }, 'name')}
        error={errorOf(`arms.${index}.name`)}
        spellCheck={false}
      />
      <TextInput
        aria-label={`Traffic of ${title}, per cent`}
        value={arm.traffic}
        onChange={(event) => set({ traffic: event.currentTarget.value }, 'traffic')}
        error={errorOf(`arms.${index}.traffic`) ?? (isSumWrong && index === form.arms.length - 1)}
        inputMode="decimal"
        rightSection="%"
        classNames={{ input: 'right' }}
      />
      <div className="arm-tools">
        <label className="tick-line">
          <input
            type="radio"
            name="control"
            checked={isControl}
            onChange={() => change('control', { control: arm.key })}
          />
          control
        </label>
        <button type="button" className="link" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          value
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label={`Remove ${title}`}
          disabled={form.arms.length <= 2}
          onClick={remove}
        >
          <Icon name="cross" />
        </button>
      </div>
      {(isOpen || config !== undefined) && (
        <TextInput
          className="arm-config"
          label={`Value that the code gets for ${title}, as JSON`}
          value={arm.config}
          onChange={(event) => set({ config: event.currentTarget.value }, 'config')}
          error={config}
          placeholder="None; the code goes by the arm's name"
          classNames={{ input: 'mono' }}
          spellCheck={false}
        />
      )}
    </div>
  );
}
